/** S13: what others had stopped before us is left stopped, and a value that others have set is left or given back. */
import { type Invariant, violationOf } from './invariant.ts';
import type { Act, Observation, Standstill } from './observation.ts';

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
 * The kernel keeps nothing of who stopped a process. Where the agent died before its disk had what it knew, that the
 * process was stopped already or that it was let go of since, nobody can tell any more whose stop this is: then it runs
 * on, since one that we leave stopped is worse.
 */
function isInDoubt({ standstills }: Observation, { host, atMs, othersStoppedAtMs }: Act): boolean {
  if (othersStoppedAtMs === undefined) return false;
  const of = (kind: Standstill['what']) =>
    standstills
      .filter((each) => each.host === host && each.what === kind)
      .map(({ untilMs = atMs, ...rest }) => ({ ...rest, untilMs }));
  const ends = of('agent').filter(({ isEnd, untilMs }) => isEnd === true && othersStoppedAtMs <= untilMs);
  const diedSoon = ends.some(({ fromMs }) => fromMs < othersStoppedAtMs + settledWithinMs);
  const diedUnwritten = of('disk').some(
    (disk) => disk.fromMs <= othersStoppedAtMs && ends.some(({ fromMs }) => fromMs <= disk.untilMs + settledWithinMs),
  );
  return diedSoon || diedUnwritten;
}
