/** S9: the blast radius of a host holds at every instant, whoever asks and however often. */
import { type Invariant, type Violation, violationOf } from './invariant.ts';
import { grippedAt } from './lease-bound.ts';
import type { HostSeen, Observation } from './observation.ts';

const violation = violationOf('S9');

export const blastRadius: Invariant = {
  id: 'S9',
  claim: 'never more than the host allows is held at once, and a share that is less than one process is none',
  check: (seen) => [...seen.hosts.flatMap((host) => tooMuch(seen, host)), ...sharesTooLarge(seen)],
};

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
    if (answer.chosen * 100 <= ask.matching * ask.percent) return [];
    const text = `${answer.chosen} of ${ask.matching} chosen, and ${ask.percent} % were asked for`;
    return [violation(host, answer.atMs, text)];
  });
}
