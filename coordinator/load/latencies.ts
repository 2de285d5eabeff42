/** Percentiles of many latencies in little room: a bucket for each 2 %, so that a percentile is off by no more. */
export interface Latencies {
  add(ms: number): void;
  /** Undefined while there are none. */
  summary():
    | { readonly p50Ms: number; readonly p95Ms: number; readonly p99Ms: number; readonly maxMs: number }
    | undefined;
}

const ratio = 1.02;
const smallestMs = 0.1;

export function createLatencies(): Latencies {
  const buckets = new Map<number, number>();
  let count = 0;
  let maxMs = 0;

  function percentile(percent: number): number {
    const rank = Math.ceil((percent / 100) * count);
    let seen = 0;
    for (const [bucket, size] of [...buckets].sort(([one], [other]) => one - other)) {
      seen += size;
      if (seen >= rank) return rounded(Math.min(maxMs, smallestMs * ratio ** bucket));
    }
    return rounded(maxMs);
  }

  return {
    add(ms) {
      const bucket = Math.ceil(Math.log(Math.max(ms, smallestMs) / smallestMs) / Math.log(ratio));
      buckets.set(bucket, (buckets.get(bucket) ?? 0) + 1);
      count += 1;
      maxMs = Math.max(maxMs, ms);
    },
    summary: () =>
      count === 0
        ? undefined
        : { p50Ms: percentile(50), p95Ms: percentile(95), p99Ms: percentile(99), maxMs: rounded(maxMs) },
  };
}

function rounded(ms: number): number {
  return Math.round(ms * 10) / 10;
}
