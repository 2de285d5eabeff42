/** S7: a protected process is never touched. */
import { type Invariant, violationOf } from './invariant.ts';

const violation = violationOf('S7');

export const protectedUntouched: Invariant = {
  id: 'S7',
  claim: 'a protected process is never touched',
  check: (seen) =>
    seen.acts
      .filter((act) => act.isProtected)
      .map((act) => violation(act.host, act.atMs, `${act.what} of ${act.process}, which is protected`)),
};
