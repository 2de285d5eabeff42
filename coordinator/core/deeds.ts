/** What a plan would do to each host, as access is asked about it. */
import type { Stage } from '../../proto/stage.ts';
import type { Deed } from './access.ts';

interface NamedHost {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
}

/** One for each host and fault. */
export function deedsOf(
  stage: Stage,
  plans: readonly { readonly host: string; readonly fault: string }[],
  hosts: readonly NamedHost[],
): readonly Deed[] {
  const once = new Map(plans.map(({ host, fault }) => [`${host} ${fault}`, { host, fault }]));
  return [...once.values()].map(({ host, fault }) => ({
    host,
    fault,
    stage,
    labels: hosts.find(({ name }) => name === host)?.labels ?? {},
  }));
}
