/** A run that waits its turn: where it stands, and why. First come, first served, as far as what is free allows. */
import type { GateVerdict } from './gate-verdict.ts';
import type { RunState } from './run.ts';
import type { Instant, RunDecision, RunInput } from './run-decision.ts';
import { joined, note, unchanged } from './run-parts.ts';

/** Beyond this, a run is refused at once. */
export const queuedMax = 100;
/** How long a run may wait at most. */
export const queueForMaxMs = 24 * 3_600_000;

/** The gates whose refusal is over when another run is; the first two are why a run is queued. */
const taken: readonly string[] = ['concurrency', 'zones-and-services'];
/** What another run does to a host or a service can be all that these found. */
const blurred: readonly string[] = ['host-limits', 'preconditions'];

export type QueuedRun = RunState & { readonly life: Extract<RunState['life'], { phase: 'queued' }> };

/** In the order in which they came. */
export function queued(runs: readonly RunState[]): readonly QueuedRun[] {
  return runs
    .filter((run): run is QueuedRun => run.life.phase === 'queued')
    .sort(
      (one, other) => one.life.sinceUnixMs - other.life.sinceUnixMs || (one.facts.runId < other.facts.runId ? -1 : 1),
    );
}

/** @returns why it has to wait, where waiting can help; undefined where it cannot, or nothing refuses. */
export function worthWaitingFor(verdicts: readonly GateVerdict[]): string | undefined {
  const refused = verdicts.filter((verdict) => !verdict.passed);
  const isOthers = refused.every(({ gate }) => taken.includes(gate) || blurred.includes(gate));
  // Who has the zone has its hosts too, and says it better.
  const why = refused.filter(({ gate }) => taken.includes(gate)).at(-1);
  return isOthers ? why?.message : undefined;
}

export function queue(state: RunState, input: RunInput & { type: 'queue' }, now: Instant): RunDecision {
  const { by, asker, expiresAtUnixMs, place, why } = input;
  // Whoever waits is asked for their right again when the turn comes.
  const facts = asker ? { ...state.facts, startedAs: asker } : state.facts;
  const life = { phase: 'queued', by, sinceUnixMs: now.unixMs, expiresAtUnixMs, place, why } as const;
  const until = new Date(expiresAtUnixMs).toISOString().slice(0, 19);
  const text = `queued as number ${place} by ${by}, at most until ${until}Z: ${why}`;
  return joined(unchanged({ ...state, facts, life }), [note('phase', '', text)], unchanged);
}

export function queueMoved(state: RunState, { place, why }: RunInput & { type: 'queue-moved' }): RunDecision {
  const { life } = state;
  if (life.phase !== 'queued' || (life.place === place && life.why === why)) return unchanged(state);
  const next = { ...state, life: { ...life, place, why } };
  return joined(unchanged(next), [note('phase', '', `number ${place} of the queue: ${why}`)], unchanged);
}
