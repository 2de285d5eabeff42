/** S13: what others had stopped before us is left stopped. */
import { type Invariant, violationOf } from './invariant.ts';

const violation = violationOf('S13');

export const putBackAsItWas: Invariant = {
  id: 'S13',
  claim: 'a process that others had stopped is never set going by us',
  check: (seen) =>
    seen.acts
      .filter((act) => act.what === 'continue' && act.wasStoppedByOthers)
      .map((act) => violation(act.host, act.atMs, `${act.process} was stopped by others, and set going by us`)),
};
