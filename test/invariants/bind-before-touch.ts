/** S2: intent durable, holder bound, identity verified: all of it before the first touch. */
import { type Invariant, violationOf } from './invariant.ts';
import type { Act } from './observation.ts';

const violation = violationOf('S2');

export const bindBeforeTouch: Invariant = {
  id: 'S2',
  claim: 'at the first touch the intent is on the disk, and what ends the holder is armed',
  check: (seen) =>
    seen.acts.flatMap((act) =>
      missing(act).map((what) => violation(act.host, act.atMs, `${act.what} of ${act.process ?? 'the host'}: ${what}`)),
    ),
};

function missing({ what, before }: Act): readonly string[] {
  if (!before || what === 'continue' || what === 'put-back') return [];
  return [
    ...(before.isIntentAudited ? [] : ['its intent is not in the audit on the disk']),
    ...(before.isUndoJournalled ? [] : ['its record is not in the journal on the disk']),
    ...(before.isKernelTimerArmed ? [] : ['its holder has no kernel timer']),
    ...(before.isBoundToAgent ? [] : ['its holder would outlive the agent']),
  ];
}
