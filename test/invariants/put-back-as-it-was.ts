/** S13: what others had stopped before us is left stopped, and a value that others have set is left or given back. */
import { type Invariant, violationOf } from './invariant.ts';
import type { Act, Observation } from './observation.ts';

const violation = violationOf('S13');
/** From the record of an intent until its holder has looked at the process, and the agent has taken the record back. */
const settledWithinMs = 1000;

export const putBackAsItWas: Invariant = {
  id: 'S13',
  claim:
    'what others had stopped is never set going by us, unless an agent died before it could know, and no value of theirs is lost',
  check: (seen) =>
    seen.acts.flatMap((act) =>
      problems(seen, act).map((text) => violation(act.host, act.atMs, `${act.process} ${text}`)),
    ),
};

function problems(seen: Observation, act: Act): readonly string[] {
  const { what, wasStoppedByOthers, isOthersValueLost } = act;
  const isOthersStopLost = what === 'continue' && wasStoppedByOthers && !isInDoubt(seen, act);
  return [
    ...(isOthersStopLost ? ['was stopped by others, and set going by us'] : []),
    ...(what === 'put-back' && isOthersValueLost ? ['was given another value than the last one of others'] : []),
  ];
}

/**
 * The kernel keeps nothing of who stopped a process. Where it was recorded as running, and the agent died before its
 * holder's word was on the disk, nobody can tell any more: then it runs on, since one that we leave stopped is worse.
 */
function isInDoubt({ standstills }: Observation, { host, atMs, othersStoppedAtMs }: Act): boolean {
  if (othersStoppedAtMs === undefined) return false;
  return standstills.some(
    ({ host: of, what, isEnd, fromMs, untilMs = atMs }) =>
      of === host &&
      what === 'agent' &&
      isEnd === true &&
      fromMs < othersStoppedAtMs + settledWithinMs &&
      othersStoppedAtMs <= untilMs,
  );
}
