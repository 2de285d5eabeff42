/** S1: every fault is gone when its time is over, whoever died, hung or was cut off. */
import { type Invariant, type Violation, violationOf } from './invariant.ts';
import { boundMs, dueMs, stoodStill } from './lease-bound.ts';
import type { Grip, Observation } from './observation.ts';

const violation = violationOf('S1');
/** What a journal binds is undone by its holder within a second, as long as that lives. */
const politeUndoMs = 1000;

export const bounded: Invariant = {
  id: 'S1',
  claim: 'no fault outlives min(hard deadline, lease expiry) by more than ε',
  check: (seen) => [...seen.grips.flatMap((grip) => overdue(seen, grip)), ...lateRenewals(seen)],
};

function overdue(seen: Observation, grip: Grip): readonly Violation[] {
  const bound = boundMs(seen, grip);
  if (bound === undefined)
    return [violation(grip.host, grip.fromMs, `${nameOf(grip)} is held, and nobody asked for it`)];
  const due = dueMs(seen, grip.host, bound, allowedMs(seen, grip, bound));
  const untilMs = grip.untilMs ?? seen.untilMs;
  if (untilMs <= due) return [];
  const late = Math.round(untilMs - bound);
  const how = grip.untilMs === undefined ? 'is still held' : 'was held until';
  return [violation(grip.host, untilMs, `${nameOf(grip)} ${how} ${late} ms past its bound`)];
}

/** The kernel needs nobody; a journal needs its holder, and without it whoever replays. */
function allowedMs(seen: Observation, grip: Grip, bound: number): number {
  if (grip.binding === 'kernel') return seen.epsilonMs;
  const within = { host: grip.host, fromMs: grip.fromMs, untilMs: bound + politeUndoMs };
  const isHolderWell = !seen.standstills.some(
    (each) => each.what === 'holder' && each.faultId === grip.faultId && each.fromMs <= within.untilMs,
  );
  if (isHolderWell) return seen.epsilonMs + politeUndoMs;
  const isAgentWell = !stoodStill(seen, within);
  return isAgentWell ? seen.epsilonMs + 2 * politeUndoMs : seen.replayMs;
}

/** A renewal that came too late is refused, or its sender believes in a fault that is over. */
function lateRenewals(seen: Observation): readonly Violation[] {
  return seen.exchanges.flatMap(({ host, atMs, ask, answer }) => {
    if (ask.type !== 'renew' || answer?.kind !== 'done') return [];
    const grips = seen.grips.filter((grip) => grip.host === host && grip.faultId === ask.faultId);
    const bounds = grips.map((grip) => boundMs(seen, grip) ?? Number.POSITIVE_INFINITY);
    if (grips.length === 0 || atMs <= Math.max(...bounds)) return [];
    return [violation(host, atMs, `a renewal of ${ask.faultId} was accepted after its end`)];
  });
}

function nameOf({ process, faultId, how }: Grip): string {
  return `${process ?? 'the host'} (${how}, fault ${faultId})`;
}
