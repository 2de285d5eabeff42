/** The invariants S1 to S20, in their order: one line each. */
import { abortFailsClosed } from './abort-fails-closed.ts';
import { atMostOnce } from './at-most-once.ts';
import { auditChain } from './audit-chain.ts';
import { bindBeforeTouch } from './bind-before-touch.ts';
import { blastRadius } from './blast-radius.ts';
import { bootTimeLeases } from './boot-time-leases.ts';
import { bounded } from './bounded.ts';
import { budgetReturned } from './budget-returned.ts';
import { haltFailSafe } from './halt-fail-safe.ts';
import { haltFences } from './halt-fences.ts';
import { independentRestores } from './independent-restores.ts';
import type { Invariant, Violation } from './invariant.ts';
import { irreversible } from './irreversible.ts';
import { liveness } from './liveness.ts';
import { noCrash } from './no-crash.ts';
import type { Observation } from './observation.ts';
import { protectedUntouched } from './protected-untouched.ts';
import { putBackAsItWas } from './put-back-as-it-was.ts';
import { recycledPid } from './recycled-pid.ts';
import { restoreNeedsNothing } from './restore-needs-nothing.ts';
import { restoredIsSeen } from './restored-is-seen.ts';
import { unknownRecord } from './unknown-record.ts';

export const invariants: readonly Invariant[] = [
  bounded,
  bindBeforeTouch,
  bootTimeLeases,
  restoreNeedsNothing,
  haltFences,
  haltFailSafe,
  protectedUntouched,
  recycledPid,
  blastRadius,
  budgetReturned,
  independentRestores,
  restoredIsSeen,
  putBackAsItWas,
  auditChain,
  atMostOnce,
  abortFailsClosed,
  noCrash,
  unknownRecord,
  liveness,
  irreversible,
];

export function violationsIn(seen: Observation): readonly Violation[] {
  return invariants.flatMap((invariant) => invariant.check(seen));
}
