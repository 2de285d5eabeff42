/** Small things that decisions about a run are made of. */
import type { Placement, RunState } from './run.ts';
import type { NoteKind, RunDecision, RunEffect, RunNote } from './run-decision.ts';

export function unchanged(state: RunState): RunDecision {
  return { state, effects: [], notes: [] };
}

/** One decision, then what follows from it, as one. */
export function joined(
  first: RunDecision,
  notes: readonly RunNote[],
  then: (state: RunState) => RunDecision,
): RunDecision {
  const second = then(first.state);
  const effects: readonly RunEffect[] = [...first.effects, ...second.effects];
  return { state: second.state, effects, notes: [...first.notes, ...notes, ...second.notes] };
}

export function note(kind: NoteKind, host: string, text: string): RunNote {
  return { kind, host, text };
}

export function placementOf(state: RunState, key: string): Placement | undefined {
  return state.placements.find((placement) => placement.key === key);
}

export function replaced(state: RunState, placement: Placement): RunState {
  return { ...state, placements: state.placements.map((each) => (each.key === placement.key ? placement : each)) };
}

export function groupOf(state: RunState, group: number): RunState['facts']['experiment']['method'][number]['steps'] {
  return state.facts.experiment.method[group]?.steps ?? [];
}

export function reasonOf(state: RunState): string {
  const { life } = state;
  return life.phase === 'ending' || life.phase === 'ended' ? `${life.end.cause}: ${life.end.detail}` : '';
}
