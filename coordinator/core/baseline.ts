/** What probes showed before anything was injected, and how much they differed from it later. */

/** Median and spread of each value of each probe: `baseline.canary.latencyMs`. */
export type Baseline = { readonly [probe: string]: { readonly [field: string]: BaselineValue } };

export interface BaselineValue {
  readonly median: number;
  /** The median distance from the median: half of all readings were this close. */
  readonly spread: number;
  readonly readings: number;
}

export interface ProbeSummary {
  readonly probe: string;
  /** Which value of it: "latencyMs". */
  readonly value: string;
  /** Absent where there was no reading; so with the others. */
  readonly baseline?: number;
  readonly duringMin?: number;
  readonly duringMax?: number;
  readonly after?: number;
  readonly samples: number;
}

/** Readings that are not finite are left out: a failed sample has no latency, and its failure shows in `up`. */
export function baselineOf(readings: readonly number[]): BaselineValue | undefined {
  const finite = readings.filter(Number.isFinite);
  const median = medianOf(finite);
  if (median === undefined) return undefined;
  const spread = medianOf(finite.map((reading) => Math.abs(reading - median))) ?? 0;
  return { median, spread, readings: finite.length };
}

function medianOf(values: readonly number[]): number | undefined {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = sorted.length >> 1;
  const upper = sorted[middle];
  if (upper === undefined) return undefined;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] as number)) / 2;
}
