/** S13: what others had stopped before us is left stopped, and a value that others have set is left or given back. */
import { type Invariant, violationOf } from './invariant.ts';
import type { Act } from './observation.ts';

const violation = violationOf('S13');

export const putBackAsItWas: Invariant = {
  id: 'S13',
  claim: 'what others had stopped is never set going by us, and no value of theirs is lost',
  check: (seen) =>
    seen.acts.flatMap((act) => problems(act).map((text) => violation(act.host, act.atMs, `${act.process} ${text}`))),
};

function problems({ what, wasStoppedByOthers, isOthersValueLost }: Act): readonly string[] {
  return [
    ...(what === 'continue' && wasStoppedByOthers ? ['was stopped by others, and set going by us'] : []),
    ...(what === 'put-back' && isOthersValueLost ? ['was given another value than the last one of others'] : []),
  ];
}
