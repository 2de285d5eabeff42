/** Closes a host that does not confirm: as abandoned, never as restored, and only by the word of two people. */
import { openHosts } from '../core/run.ts';
import type { EnginePorts } from './ports.ts';
import type { RunKeeper } from './run-keeper.ts';

export interface ResolveAnswer {
  readonly isAbandoned: boolean;
  readonly message: string;
}

export async function resolveHost(
  {
    store,
    keeper,
    personOf,
  }: Pick<EnginePorts, 'store'> & { readonly keeper: RunKeeper; personOf(name: string): string },
  { host, reason, by }: { readonly host: string; readonly reason: string; readonly by: string },
): Promise<ResolveAnswer> {
  const owing = keeper.all().filter((run) => run.life.phase === 'ended' && openHosts(run).includes(host));
  if (owing.length === 0) return { isAbandoned: false, message: `${host} has no unresolved fault: nothing to close` };
  const words = await store.addResolution({ host, by, reason });
  // One person with two certificates is one person.
  const people = [...new Set(words.map((word) => personOf(word.by)))];
  if (people.length < 2) {
    return { isAbandoned: false, message: `${by} says so, and another person must; 1 of 2 people` };
  }
  const said = words.map((word) => `${word.by} (${word.reason})`).join(' and ');
  const detail = `abandoned without a receipt, by the word of ${said}`;
  for (const run of owing) keeper.dispatch(run.facts.runId, { type: 'abandon', host, detail });
  await store.closeResolutions(host);
  return { isAbandoned: true, message: `${host} is ${detail}; it is not known to be restored` };
}
