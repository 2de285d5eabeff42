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
  /** What was read beside it: "value", "rssBytes". A value that could not be read is absent. */
  readonly values?: Readonly<Record<string, number>>;
  /** What happened since the sample before: summed up over the window. */
  readonly counts?: Readonly<Record<string, number>>;
  /** Which processes there were: what comes and goes in the window is counted. */
  readonly identities?: readonly string[];
  /** Where the next sample goes on. */
  readonly cursor?: string;
}

/** A value that cannot be computed is absent: whoever needs it must treat that as a breach. */
export interface ProbeReading {
  readonly values: Readonly<Record<string, number>>;
  /** Of the newest sample. */
  readonly ageMs: number;
}

/** Hard bound, whatever the window and the rate are. */
export const samplesMax = 10_000;

/** A sample older than this is no sample: two may be lost or late, the third is a silence. */
export function staleAfterMs(probe: { readonly everyMs: number; readonly timeoutMs: number }): number {
  return 3 * probe.everyMs + probe.timeoutMs;
}

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
      ...newest.values,
      ...summedCounts(newest, recent),
      ...comingsAndGoings(newest, recent),
    },
    ageMs: nowMs - newest.atMs,
  };
}

/** The smallest value that at least `percent` of all values do not exceed (nearest rank). */
function percentileOf(sorted: readonly number[], percent: number): number | undefined {
  return sorted[Math.max(0, Math.ceil((percent / 100) * sorted.length) - 1)];
}

/** Nothing is known of what was not counted, so a window whose newest sample has no count has no sum. */
function summedCounts(newest: ProbeSample, recent: readonly ProbeSample[]): Readonly<Record<string, number>> {
  const names = Object.keys(newest.counts ?? {});
  return Object.fromEntries(
    names.map((name) => [name, recent.reduce((sum, sample) => sum + (sample.counts?.[name] ?? 0), 0)]),
  );
}

/** A restart is a process that was not there when the window began; respawned: some were, and none is missing now. */
function comingsAndGoings(newest: ProbeSample, recent: readonly ProbeSample[]): Readonly<Record<string, number>> {
  const now = newest.identities;
  const before = recent.find((sample) => sample.identities)?.identities;
  if (!now || !before) return {};
  const seen = new Set(recent.flatMap((sample) => sample.identities ?? []));
  const restarts = [...seen].filter((identity) => !before.includes(identity)).length;
  return { restarts, respawned: restarts > 0 && now.length >= before.length ? 1 : 0 };
}

function present(name: string, value: number | undefined): Readonly<Record<string, number>> {
  return value === undefined ? {} : { [name]: value };
}
