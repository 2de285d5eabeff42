/** What one detector saw in a run, and what it said: kept with the run, also when it only watched in the shadow. */
import { type DetectorMethod, detectorKinds } from './detectors/index.ts';
import type { Detector, DetectorMode } from './experiment.ts';
import type { ProbeSeries } from './probe-series.ts';

/** Plain data: the store keeps it as JSON. */
export interface DetectorRecord {
  readonly probe: string;
  readonly value: string;
  readonly method: DetectorMethod;
  readonly mode: DetectorMode;
  /** What was observed before anything was injected; null where a value was missing. */
  readonly baseline: readonly (number | null)[];
  /** Why it cannot say anything; absent where it can. */
  readonly blind?: string;
  /** Since it was started. */
  readonly observations: number;
  /** Of these, how many had no value. */
  readonly missing: number;
  /** Of the newest observation; absent before the first. */
  readonly statistic?: number;
  readonly threshold?: number;
  /** The newest observation in words, or the one that alarmed. */
  readonly because: string;
  /** The first alarm; after it nothing is observed any more. */
  readonly alarm?: DetectorAlarm;
  /** How often it was started anew, since the coordinator was. Its stated rate is for each start. */
  readonly restarts: number;
  /** The statistic over time, thinned for plots. */
  readonly points: ProbeSeries['points'];
}

export interface DetectorAlarm {
  readonly atUnixMs: number;
  /** From 1. */
  readonly observation: number;
  /** With every number that it rests on. */
  readonly detail: string;
}

/** What a baseline may have of missing values: a tenth. Where more are missing, nobody knows what is normal. */
const missingShareMax = 0.1;

export function newRecord(detector: Detector, baseline: readonly (number | null)[]): DetectorRecord {
  const { probe, value, settings, mode } = detector;
  const blind = blindness(detector, baseline);
  return {
    probe,
    value,
    method: settings.method,
    mode,
    baseline,
    ...(blind === undefined ? {} : { blind }),
    observations: 0,
    missing: 0,
    because: '',
    restarts: 0,
    points: [],
  };
}

/** After the coordinator was restarted: over the baseline of before, and with no evidence yet. An alarm stays. */
export function restartedRecord(record: DetectorRecord): DetectorRecord {
  if (record.alarm) return record;
  const { statistic: _statistic, threshold: _threshold, ...kept } = record;
  return { ...kept, observations: 0, missing: 0, because: '', restarts: record.restarts + 1, points: [] };
}

/** "sequential on latency.value" */
export function detectorName({ method, probe, value }: Pick<DetectorRecord, 'method' | 'probe' | 'value'>): string {
  return `${method} on ${probe}.${value}`;
}

function blindness({ settings }: Detector, baseline: readonly (number | null)[]): string | undefined {
  const present = baseline.filter((value) => value !== null).length;
  const { baselineMin } = detectorKinds[settings.method];
  if (present < baselineMin)
    return `${present} observations of the baseline have a value, at least ${baselineMin} are needed`;
  const missing = baseline.length - present;
  if (missing <= baseline.length * missingShareMax) return undefined;
  return `${missing} of ${baseline.length} observations of the baseline have no value, at most a tenth may be without`;
}
