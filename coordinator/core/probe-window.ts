/** The values of a probe, computed over the samples that are still in its window. */

/** One answer, or the lack of one. */
export interface ProbeSample {
  /** When the answer was complete, or given up. */
  readonly atMs: number;
  readonly isGood: boolean;
  /** How long the answer took; a timeout counts with the time that was waited. Absent where nothing was connected. */
  readonly latencyMs?: number;
  /** In words: "200", "connection refused". */
  readonly detail: string;
}

export const probeValueNames = [
  'up',
  'latencyMs',
  'latencyP50Ms',
  'latencyP95Ms',
  'latencyP99Ms',
  'errorRatio',
] as const;
export type ProbeValueName = (typeof probeValueNames)[number];

/** A value that cannot be computed is absent: whoever needs it must treat that as a breach. */
export interface ProbeReading {
  readonly values: { readonly [Name in ProbeValueName]?: number };
  /** Of the newest sample. */
  readonly ageMs: number;
}

/** Hard bound, whatever the window and the rate are. */
export const samplesMax = 10_000;

export function addSample(
  samples: readonly ProbeSample[],
  sample: ProbeSample,
  windowMs: number,
): readonly ProbeSample[] {
  const kept = samples.filter((each) => each.atMs > sample.atMs - windowMs);
  return [...kept.slice(-(samplesMax - 1)), sample];
}

/** @returns undefined while nothing was ever sampled. */
export function readWindow(samples: readonly ProbeSample[], windowMs: number, nowMs: number): ProbeReading | undefined {
  const newest = samples.at(-1);
  if (!newest) return undefined;
  const recent = samples.filter((sample) => sample.atMs > nowMs - windowMs);
  const latencies = recent.flatMap((sample) => sample.latencyMs ?? []).sort((one, other) => one - other);
  const bad = recent.filter((sample) => !sample.isGood).length;
  return {
    values: {
      up: newest.isGood ? 1 : 0,
      ...present('latencyMs', newest.latencyMs),
      ...present('latencyP50Ms', percentileOf(latencies, 50)),
      ...present('latencyP95Ms', percentileOf(latencies, 95)),
      ...present('latencyP99Ms', percentileOf(latencies, 99)),
      ...present('errorRatio', recent.length > 0 ? bad / recent.length : undefined),
    },
    ageMs: nowMs - newest.atMs,
  };
}

/** The smallest value that at least `percent` of all values do not exceed (nearest rank). */
function percentileOf(sorted: readonly number[], percent: number): number | undefined {
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)];
}

function present<Name extends string>(name: Name, value: number | undefined): { [Key in Name]?: number } {
  return (value === undefined ? {} : { [name]: value }) as { [Key in Name]?: number };
}
