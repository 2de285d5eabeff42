/** A plan: what each step would touch on each host, and the text that its digest is taken of. */
import { identityKey, type ProcessIdentity } from '../../proto/identity.ts';
import type { Refusal } from '../../proto/refusal.ts';
import type { Reach } from './blast-radius.ts';

export interface PlannedTarget {
  readonly identity: ProcessIdentity;
  readonly name: string;
}

export interface HostPlan {
  readonly host: string;
  readonly stepNumber: number;
  readonly fault: string;
  readonly reselect: boolean;
  readonly outcome:
    | {
        readonly kind: 'planned';
        readonly targets: readonly PlannedTarget[];
        readonly targetsDigest: string;
        readonly haltEpoch: number;
        /** Empty when the host would accept it now. */
        readonly refusals: readonly Refusal[];
      }
    | { readonly kind: 'failed'; readonly error: string };
}

export interface FleetTarget extends PlannedTarget {
  readonly host: string;
}

/** Distinct over all steps; in a stable order. */
export function targetsOf(plans: readonly HostPlan[]): readonly FleetTarget[] {
  const byLine = new Map<string, FleetTarget>();
  for (const { host, outcome } of plans) {
    if (outcome.kind === 'failed') continue;
    for (const target of outcome.targets) byLine.set(lineOf({ host, ...target }), { host, ...target });
  }
  return [...byLine].sort(([one], [other]) => (one < other ? -1 : Number(one > other))).map(([, target]) => target);
}

/** One "host/bootId/pid/start" a line, sorted: its SHA-256 is the targets digest of the fleet. */
export function canonicalFleetTargets(targets: readonly FleetTarget[]): string {
  return targets.map(lineOf).sort().join('\n');
}

/** What is there now instead of what a plan showed, one line for each process that is not the same; empty when all are. */
export function changedTargets(shown: readonly FleetTarget[], now: readonly FleetTarget[]): readonly string[] {
  const shownLines = new Set(shown.map(lineOf));
  const nowLines = new Set(now.map(lineOf));
  const missing = shown.filter((target) => !nowLines.has(lineOf(target)));
  const fresh = now.filter((target) => !shownLines.has(lineOf(target)));
  const replaced = missing.map((target) => {
    const sameHost = fresh.filter((each) => each.host === target.host);
    const successor = sameHost.find((each) => each.name === target.name) ?? sameHost[0];
    if (successor) fresh.splice(fresh.indexOf(successor), 1);
    return `${target.host}: pid ${target.identity.pid} (${target.name}) ${fateOf(target, successor)}`;
  });
  return [
    ...replaced,
    ...fresh.map((target) => `${target.host}: pid ${target.identity.pid} (${target.name}) was not in the plan`),
  ];
}

export function reachOf(
  plans: readonly HostPlan[],
  labelsOf: (host: string) => Readonly<Record<string, string>>,
): readonly Reach[] {
  const targets = targetsOf(plans);
  const hosts = [...new Set(plans.map((plan) => plan.host))];
  return hosts.map((host) => ({
    host,
    labels: labelsOf(host),
    processes: targets.filter((target) => target.host === host).length,
  }));
}

function lineOf({ host, identity }: FleetTarget): string {
  return `${host}/${identityKey(identity)}`;
}

function fateOf(target: FleetTarget, successor: FleetTarget | undefined): string {
  if (!successor) return 'is gone, and nothing took its place';
  if (successor.identity.bootId !== target.identity.bootId) return `is gone: ${target.host} was booted since`;
  if (successor.identity.pid === target.identity.pid) return 'is another process now: the pid was used again';
  return `is gone or no longer chosen; pid ${successor.identity.pid} (${successor.name}) is in its place`;
}
