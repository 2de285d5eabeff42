/** S10: what a fault takes of a budget comes back with a confirmed receipt, or when its lease must be over. */
import { type Invariant, type Violation, violationOf } from './invariant.ts';
import { boundMs } from './lease-bound.ts';
import type { Grip, Observation, RunSeen } from './observation.ts';

const violation = violationOf('S10');
/** Beyond lease and ε: nothing that was in doubt can still be there. */
const marginMs = 5000;

export const budgetReturned: Invariant = {
  id: 'S10',
  claim: 'a fault that is not confirmed restored still counts',
  check: (seen) => [
    ...seen.runs.flatMap((run) => heldAfterClosing(seen, run)),
    ...seen.hosts.flatMap(({ host, processesMax }) =>
      seen.grips
        .filter((grip) => grip.host === host && grip.process !== undefined)
        .flatMap((grip) => {
          const counting = seen.grips.filter((other) => other.host === host && counts(seen, other, grip.fromMs));
          const processes = new Set([...counting, grip].flatMap((each) => each.process ?? [])).size;
          if (processes <= processesMax) return [];
          const text = `${processes} processes held or not confirmed restored, at most ${processesMax} allowed`;
          return [violation(host, grip.fromMs, text)];
        }),
    ),
  ],
};

/** A coordinator that calls a run over gives its hosts to others. */
function heldAfterClosing(seen: Observation, { runId, closedAtMs }: RunSeen): readonly Violation[] {
  if (closedAtMs === undefined) return [];
  const ids = new Set(seen.told.filter((each) => each.runId === runId).map((each) => each.faultId));
  return seen.grips
    .filter((grip) => ids.has(grip.faultId) && (grip.untilMs ?? Number.POSITIVE_INFINITY) > closedAtMs)
    .map((grip) =>
      violation(grip.host, closedAtMs, `run ${runId} was closed, and ${grip.process ?? 'the host'} was held`),
    );
}

/** Begun before, and neither confirmed nor certainly over. The kernel's own end of a host is an end as well. */
function counts(seen: Observation, grip: Grip, atMs: number): boolean {
  if (grip.process === undefined || grip.fromMs >= atMs) return false;
  const hasReceipt = seen.receipts.some(
    ({ faultId, isConfirmed, atMs: toldAtMs, targets }) =>
      faultId === grip.faultId &&
      isConfirmed &&
      toldAtMs <= atMs &&
      targets.some(({ process }) => process === grip.process),
  );
  const isDown = seen.standstills.some(
    (each) => each.host === grip.host && each.fromMs >= grip.fromMs && each.fromMs <= atMs && each.what !== 'holder',
  );
  if (hasReceipt || isDown || isReleasedAlone(seen, grip, atMs)) return false;
  return atMs < (boundMs(seen, grip) ?? 0) + seen.epsilonMs + marginMs && (grip.untilMs ?? atMs) >= atMs;
}

/** One target of many that was asked for by itself is free when it is seen to run, while the fault goes on. */
function isReleasedAlone(seen: Observation, grip: Grip, atMs: number): boolean {
  return seen.exchanges.some(
    ({ ask, answer }) =>
      ask.type === 'restore' &&
      ask.faultId === grip.faultId &&
      ask.target === grip.process &&
      answer?.kind === 'done' &&
      answer.atMs <= atMs,
  );
}
