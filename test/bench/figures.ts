/** Percentiles of what was measured, in milliseconds with one decimal. */
export interface Spread {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

/** Nearest rank: the smallest value that is not exceeded by the given share of all. */
export function percentile(values: readonly number[], share: number): number {
  if (values.length === 0) return Number.NaN;
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] as number;
}

export function spreadOf(valuesMs: readonly number[]): Spread {
  return {
    p50Ms: rounded(percentile(valuesMs, 0.5)),
    p99Ms: rounded(percentile(valuesMs, 0.99)),
    maxMs: rounded(Math.max(...valuesMs)),
  };
}

export function rounded(value: number): number {
  return Math.round(value * 10) / 10;
}
