/** What a run came to. Unresolved goes before aborted goes before deviated goes before unknown. */
import { type End, isOpen, type RunResult, type RunState } from './run.ts';

export function resultOf(run: RunState, end: End): RunResult {
  const isOwed = run.placements.some((placement) => isOpen(placement) || placement.life.phase === 'abandoned');
  if (isOwed) return 'unresolved';
  if (end.cause === 'refused') return 'refused';
  if (end.cause !== 'completed') return 'aborted';
  if (run.facts.experiment.steadyState.length === 0) return 'not-judged';
  if (run.deviation !== undefined) return 'deviated';
  // What nobody saw did not hold: a value that is missing says neither.
  return run.unknown === undefined ? 'held' : 'unknown';
}
