/** S9: the blast radius of a host holds at every instant, whoever asks and however often. */
import { type Invariant, type Violation, violationOf } from './invariant.ts';
import { grippedAt } from './lease-bound.ts';
import type { HostSeen, Observation, RunSeen } from './observation.ts';

const violation = violationOf('S9');

export const blastRadius: Invariant = {
  id: 'S9',
  claim: 'never more than the host allows is held at once, and a share that is less than one process is none',
  check: (seen) => [
    ...seen.hosts.flatMap((host) => tooMuch(seen, host)),
    ...seen.runs.flatMap((run) => tooWide(seen, run)),
    ...sharesTooLarge(seen),
  ],
};

function tooWide(seen: Observation, { runId, hostsMax }: RunSeen): readonly Violation[] {
  if (hostsMax === undefined) return [];
  const ids = new Set(seen.told.filter((each) => each.runId === runId).map((each) => each.faultId));
  const own = seen.grips.filter((grip) => ids.has(grip.faultId));
  return own.flatMap(({ host, fromMs }) => {
    const there = own.filter((grip) => grip.fromMs <= fromMs && (grip.untilMs ?? seen.untilMs) > fromMs);
    const hosts = new Set(there.map((grip) => grip.host)).size;
    return hosts > hostsMax
      ? [violation(host, fromMs, `run ${runId} is on ${hosts} hosts, at most ${hostsMax} allowed`)]
      : [];
  });
}

function tooMuch(seen: Observation, { host, processesMax, faultsMax }: HostSeen): readonly Violation[] {
  // It can only become too much when something is added.
  return seen.grips
    .filter((grip) => grip.host === host)
    .flatMap(({ fromMs }) => {
      const there = grippedAt(seen, host, fromMs + 0.001);
      const processes = new Set(there.flatMap((grip) => grip.process ?? [])).size;
      const faults = new Set(there.map((grip) => grip.faultId)).size;
      return [
        ...(processes > processesMax
          ? [violation(host, fromMs, `${processes} processes held at once, at most ${processesMax} allowed`)]
          : []),
        ...(faults > faultsMax
          ? [violation(host, fromMs, `${faults} faults at once, at most ${faultsMax} allowed`)]
          : []),
      ];
    });
}

function sharesTooLarge(seen: Observation): readonly Violation[] {
  return seen.exchanges.flatMap(({ host, ask, answer }) => {
    if (ask.type !== 'plan' || answer?.kind !== 'done' || answer.chosen === undefined) return [];
    const matching = Math.max(0, ...ask.matching);
    if (answer.chosen * 100 <= matching * ask.percent) return [];
    const text = `${answer.chosen} of ${matching} chosen, and ${ask.percent} % were asked for`;
    return [violation(host, answer.atMs, text)];
  });
}
