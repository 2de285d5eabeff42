/** What each value of each probe was in each phase of a run, for the baseline and for the report. */
import { type Baseline, baselineOf, type ProbeSummary } from '../core/baseline.ts';
import type { ProbeReading } from '../core/probe-window.ts';

export type ReadingPhase = 'before' | 'during' | 'after';

/** Which rules count: none yet, all, or those that say `afterwards`. */
export type WatchPhase = ReadingPhase | 'over';

export interface Readings {
  add(probe: string, phase: ReadingPhase, values: ProbeReading['values']): void;
  of(probe: string, field: string, phase: ReadingPhase): readonly number[];
  /** Every value of a probe that was ever read. */
  fieldsOf(probe: string): readonly string[];
  /** One for each value that was ever read. */
  summaries(baseline: Baseline): readonly ProbeSummary[];
}

/** Of each value and phase; the newest are kept. */
const readingsMax = 10_000;

export function createReadings(): Readings {
  const kept = new Map<string, Map<string, Record<ReadingPhase, number[]>>>();

  function listOf(probe: string, field: string): Record<ReadingPhase, number[]> {
    const fields = kept.get(probe) ?? new Map<string, Record<ReadingPhase, number[]>>();
    kept.set(probe, fields);
    const lists = fields.get(field) ?? { before: [], during: [], after: [] };
    fields.set(field, lists);
    return lists;
  }

  return {
    add(probe, phase, values) {
      for (const [field, value] of Object.entries(values)) {
        const list = listOf(probe, field)[phase];
        list.push(value);
        if (list.length > readingsMax) list.shift();
      }
    },
    of: (probe, field, phase) => kept.get(probe)?.get(field)?.[phase] ?? [],
    fieldsOf: (probe) => [...(kept.get(probe)?.keys() ?? [])],
    summaries: (baseline) =>
      [...kept].flatMap(([probe, fields]) =>
        [...fields].map(([value, lists]): ProbeSummary => {
          const after = baselineOf(lists.after)?.median;
          const median = baseline[probe]?.[value]?.median;
          const during = lists.during;
          return {
            probe,
            value,
            ...(median === undefined ? {} : { baseline: median }),
            ...(during.length === 0 ? {} : { duringMin: smallest(during), duringMax: largest(during) }),
            ...(after === undefined ? {} : { after }),
            samples: lists.before.length + during.length + lists.after.length,
          };
        }),
      ),
  };
}

function smallest(values: readonly number[]): number {
  return values.reduce((least, value) => Math.min(least, value), Number.POSITIVE_INFINITY);
}

function largest(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
}
