/** Whether a drill proved what it is for. */
import type { RunState } from './run.ts';

/** The rule ended the run while something was held, and each host was seen to have let go of it. */
export function drillPassed({ facts, life, placements }: RunState): boolean {
  if (!facts.drill || life.phase !== 'ended' || life.end.cause !== 'abort-rule' || life.result !== 'aborted')
    return false;
  return (
    placements.length > 0 && placements.every((each) => each.life.phase === 'ended' && each.life.receipt.confirmed)
  );
}
