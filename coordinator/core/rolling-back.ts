/**
 * The rollback of a run that did not go as it was meant to. The agents run it by themselves when a fault ends badly; the
 * run asks each of them what came of it, and has it run where every fault had ended well before the run failed.
 */
import { type End, isUntouched, type RunState } from './run.ts';
import type { Instant, RunDecision } from './run-decision.ts';
import { note, unchanged } from './run-parts.ts';
import { resultOf } from './run-result.ts';

/** Each action has a minute; a host that does not say by then is named in the report. */
export const rollBackWithinMs = 90_000;

/** @returns what is still to be done before the run may end, or undefined when it may. */
export function rollBackFirst(state: RunState, cause: End, now: Instant): RunDecision | undefined {
  const hosts = hostsToRollBack(state, cause);
  if (hosts.length === 0 || state.rollbacks) return undefined;
  if (state.rollBackSinceMs === undefined) {
    return {
      state: { ...state, rollBackSinceMs: now.bootMs },
      effects: [{ type: 'roll-back', hosts }],
      notes: [note('phase', '', `rolling back on ${hosts.join(', ')}`)],
    };
  }
  return now.bootMs < state.rollBackSinceMs + rollBackWithinMs ? unchanged(state) : undefined;
}

/** Every host on which something was touched, or may have been. */
function hostsToRollBack(state: RunState, cause: End): readonly string[] {
  const result = resultOf(state, cause);
  const isFine = result === 'held' || result === 'not-judged';
  if (isFine || (state.facts.experiment.rollback ?? []).length === 0) return [];
  return [...new Set(state.placements.filter((each) => !isUntouched(each)).map((placement) => placement.host))];
}
