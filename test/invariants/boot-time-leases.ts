/** S3: a lease is measured on boot time; a clock that is set forwards ends none. (One that is set back: S1.) */
import { type Invariant, violationOf } from './invariant.ts';
import { injectsOf } from './lease-bound.ts';
import type { Grip, Observation } from './observation.ts';

const violation = violationOf('S3');
/** Between the grant and the first grip: binding takes up to five seconds. */
const bindingMs = 5500;

export const bootTimeLeases: Invariant = {
  id: 'S3',
  claim: 'nothing that says its time is over ended before its time',
  check: (seen) =>
    seen.receipts.flatMap(({ host, faultId, cause, atMs }) => {
      if (cause !== 'lease-expired' && cause !== 'completed') return [];
      const grip = seen.grips.find((each) => each.host === host && each.faultId === faultId);
      const earliest = grip && earliestEndMs(seen, grip);
      if (earliest === undefined || atMs >= earliest) return [];
      return [violation(host, atMs, `${faultId} ended ${Math.round(earliest - atMs)} ms before its time (${cause})`)];
    }),
};

/** The shortest that any inject it can be the answer to asked for. */
function earliestEndMs(seen: Observation, grip: Grip): number | undefined {
  const injects = injectsOf(seen, grip);
  if (injects.length === 0) return undefined;
  return grip.fromMs - bindingMs + Math.min(...injects.map(({ ask }) => Math.min(ask.ttlMs, ask.durationMs)));
}
