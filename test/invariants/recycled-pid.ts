/** S8: a recycled pid is never hit, neither by an inject nor by a restore. */
import { type Invariant, violationOf } from './invariant.ts';

const violation = violationOf('S8');

export const recycledPid: Invariant = {
  id: 'S8',
  claim: 'what is hit is the process that was meant, and not one that has its number',
  check: (seen) =>
    seen.acts
      .filter((act) => act.meant !== undefined && act.process !== act.meant)
      .map((act) => violation(act.host, act.atMs, `${act.what} hit ${act.process}, and ${act.meant} was meant`)),
};
