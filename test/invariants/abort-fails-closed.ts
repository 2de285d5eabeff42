/** S16: a breach ends a run, and so does a probe that shows nothing usable. */
import { type Invariant, violationOf } from './invariant.ts';
import type { Observation, RunSeen } from './observation.ts';

const violation = violationOf('S16');
/** Judging, telling the hosts, letting go. */
const abortWithinMs = 4000;

export const abortFailsClosed: Invariant = {
  id: 'S16',
  claim: 'no data, NaN, stale or breached: the run lets go within the time of its rule',
  check: (seen) =>
    seen.runs.flatMap((run) => {
      if (run.breachedFromMs === undefined) return [];
      const due = run.breachedFromMs + run.forMs + run.staleMs + abortWithinMs;
      return gripsOf(seen, run).flatMap((grip) => {
        // Without its coordinator, or without a way to the host, a run ends by its lease.
        const isCutOff = run.unreachable.includes(grip.host) || isCoordinatorAway(seen, run);
        const dueMs = Math.max(due, grip.fromMs + abortWithinMs) + (isCutOff ? run.leaseMs : 0) + seen.epsilonMs;
        const untilMs = grip.untilMs ?? seen.untilMs;
        if (untilMs <= dueMs || (run.breachedUntilMs ?? seen.untilMs) < dueMs) return [];
        const late = Math.round(untilMs - run.breachedFromMs!);
        return [violation(grip.host, untilMs, `run ${run.runId} held on for ${late} ms after its breach began`)];
      });
    }),
};

function gripsOf(seen: Observation, run: RunSeen) {
  const ids = new Set(seen.told.filter((each) => each.runId === run.runId).map((each) => each.faultId));
  return seen.grips.filter((grip) => ids.has(grip.faultId) && grip.binding === 'kernel');
}

function isCoordinatorAway(seen: Observation, run: RunSeen): boolean {
  const fromMs = run.breachedFromMs ?? 0;
  return seen.standstills.some(
    (each) => each.what === 'coordinator' && (each.untilMs ?? seen.untilMs) >= fromMs && each.fromMs <= fromMs + 60_000,
  );
}
