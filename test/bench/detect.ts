/**
 * How detectors do on recorded runs of a real stack, beside a static rule: how soon they see a fault, and how often they
 * abort a run in which nothing was done. All settings are fixed for all runs, and were chosen on other recordings.
 */
import { join } from 'node:path';
import { baselineOf } from '../../coordinator/core/baseline.ts';
import { advanceBreach, type Breach, hasLasted } from '../../coordinator/core/breach.ts';
import {
  badnessOf,
  type DetectorSettings,
  detectorDefaults,
  startDetector,
} from '../../coordinator/core/detectors/index.ts';
import { upperBound } from './binomial.ts';
import { recordRuns } from './detect-record.ts';
import type { BenchOptions } from './main.ts';
import { nabScores } from './nab.ts';
import { type Recording, readRecordings, recordingsFolder } from './recordings.ts';

/** Each detector watches two values; a run is aborted by whichever comes first, so each has half of the stated rate. */
const statedFalseAborts = 0.05;
export const gradedDetectors: readonly DetectorSettings[] = [
  { method: 'z-score', ...detectorDefaults['z-score'] },
  { method: 'cusum', ...detectorDefaults.cusum },
  { method: 'sequential', falseAborts: statedFalseAborts / 2 },
];

interface StaticRule {
  readonly latencyFactor: number;
  readonly errorFactor: number;
  readonly errorFloor: number;
  readonly forSeconds: number;
  readonly clearSeconds: number;
}

/** As people write it, and the best one that was found on the recordings that the detectors were tuned on. */
const staticRules: Readonly<Record<string, StaticRule>> = {
  'static-rule': { latencyFactor: 1.3, errorFactor: 2, errorFloor: 0.05, forSeconds: 10, clearSeconds: 0 },
  'static-rule-tuned': { latencyFactor: 1.5, errorFactor: 2, errorFloor: 0.05, forSeconds: 10, clearSeconds: 3 },
};

export interface Grading {
  readonly recordings: string;
  readonly runs: number;
  readonly runsWithoutFault: number;
  readonly detectors: Readonly<Record<string, Grade>>;
}

/** Recorded while so much else ran that the machine, and with it the service, changed in the middle of a run. */
const disturbed = 'disturbed';

export async function detect(options: BenchOptions): Promise<object> {
  if (options.record !== undefined) return recordRuns(options.record, options);
  const { detectors, ...facts } = gradedOn(options.only[0] ?? 'held-out');
  const nab = nabScores(gradedDetectors);
  const onDisturbed = gradedOn(disturbed);
  return {
    ...facts,
    statedFalseAbortRate: statedFalseAborts,
    staticRules,
    settings: gradedDetectors,
    detectors: Object.fromEntries(
      Object.entries(detectors).map(([name, grade]) => [name, { ...grade, nabScore: nab[name] ?? null }]),
    ),
    disturbed: {
      runsWithoutFault: onDisturbed.runsWithoutFault,
      abortRates: Object.fromEntries(
        Object.entries(onDisturbed.detectors).map(([name, grade]) => [name, grade.falseAbortRate]),
      ),
    },
  };
}

export function gradedOn(file: string): Grading {
  const recordings = readRecordings(join(recordingsFolder, `${file}.jsonl`));
  const graded = [
    ...Object.entries(staticRules).map(
      ([name, rule]) => [name, (recording: Recording) => staticAlarm(recording, rule)] as const,
    ),
    ...gradedDetectors.map(
      (settings) => [settings.method, (recording: Recording) => detectorAlarm(recording, settings)] as const,
    ),
  ];
  return {
    recordings: file,
    runs: recordings.length,
    runsWithoutFault: recordings.filter(({ fault }) => fault === null).length,
    detectors: Object.fromEntries(
      graded.map(([name, alarmOf]) => [name, grade(recordings, alarmOf, name === 'sequential')]),
    ),
  };
}

/** @returns the second of the alarm, or undefined. */
type Alarm = (recording: Recording) => number | undefined;

/** A delay is from the second of the inject to the end of the second whose sample alarmed. */
export interface Grade {
  /** Over the faults that were found; null where none was. */
  readonly medianDelayMs: number | null;
  /** Over all faults; null where fewer than half were found. */
  readonly medianDelayAllFaultsMs: number | null;
  readonly faults: number;
  readonly found: number;
  /** Alarms before the fault in a run that has one: neither found nor counted as an abort without a fault. */
  readonly early: number;
  /** Beside the first static rule, over the faults that either found; what is not found counts as the end of the recording. */
  readonly besideStaticRule: { readonly sooner: number; readonly later: number; readonly medianLeadMs: number | null };
  readonly byKind: Readonly<Record<string, { readonly faults: number; readonly found: number }>>;
  readonly falseAborts: number;
  readonly falseAbortRate: number;
  readonly falseAbortUpper95: number;
  /** Null where the method states none. */
  readonly statedFalseAbortRate: number | null;
}

function grade(recordings: readonly Recording[], alarmOf: Alarm, isStated: boolean): Grade {
  const healthy = recordings.filter(({ fault }) => fault === null);
  const falseAborts = healthy.filter((recording) => alarmOf(recording) !== undefined).length;
  const faulty = recordings.flatMap((recording) => (recording.fault ? [delayOf(recording, alarmOf)] : []));
  const inTime = faulty.filter(({ isEarly }) => !isEarly);
  const delays = inTime.map(({ delayMs }) => delayMs);
  const found = delays.filter(Number.isFinite);
  const beside = faulty.flatMap(({ delayMs, staticDelayMs, endMs }) => {
    const leadMs = Math.min(staticDelayMs, endMs) - Math.min(delayMs, endMs);
    return Number.isFinite(delayMs) || Number.isFinite(staticDelayMs) ? [leadMs] : [];
  });
  const kinds = [...new Set(faulty.map(({ kind }) => kind))].sort();
  return {
    medianDelayMs: finite(median(found)),
    medianDelayAllFaultsMs: finite(median(delays)),
    faults: faulty.length,
    found: found.length,
    early: faulty.length - inTime.length,
    besideStaticRule: {
      sooner: beside.filter((leadMs) => leadMs > 0).length,
      later: beside.filter((leadMs) => leadMs < 0).length,
      medianLeadMs: finite(median(beside)),
    },
    byKind: Object.fromEntries(
      kinds.map((kind) => {
        const own = faulty.filter((each) => each.kind === kind);
        return [kind, { faults: own.length, found: own.filter(({ delayMs }) => Number.isFinite(delayMs)).length }];
      }),
    ),
    falseAborts,
    falseAbortRate: falseAborts / Math.max(1, healthy.length),
    falseAbortUpper95: upperBound(falseAborts, healthy.length),
    statedFalseAbortRate: isStated ? statedFalseAborts : null,
  };
}

function delayOf(recording: Recording, alarmOf: Alarm) {
  const { kind = '', atSecond = 0 } = recording.fault ?? {};
  const delayMs = (alarm: number | undefined): number =>
    alarm === undefined || alarm < atSecond ? Number.POSITIVE_INFINITY : (alarm - atSecond + 1) * 1000;
  const alarm = alarmOf(recording);
  return {
    kind,
    delayMs: delayMs(alarm),
    isEarly: alarm !== undefined && alarm < atSecond,
    staticDelayMs: delayMs(staticAlarm(recording, staticRules['static-rule'] as StaticRule)),
    endMs: (recording.latencyP95Ms.length - atSecond) * 1000,
  };
}

function detectorAlarm(recording: Recording, settings: DetectorSettings): number | undefined {
  const alarms = [recording.latencyP95Ms, recording.errorRatio].flatMap((values) => {
    const badness = values.map((value) => badnessOf(value, 'up'));
    const { baselineSeconds } = recording;
    const detector = startDetector(settings, badness.slice(0, baselineSeconds));
    const at = badness.slice(baselineSeconds).findIndex((each) => detector.observe(each).isAlarm);
    return at === -1 ? [] : [at + baselineSeconds];
  });
  return alarms.length === 0 ? undefined : Math.min(...alarms);
}

function staticAlarm(recording: Recording, rule: StaticRule): number | undefined {
  const { baselineSeconds, latencyP95Ms, errorRatio } = recording;
  const { latencyFactor, errorFactor, errorFloor, forSeconds } = rule;
  const clearMs = rule.clearSeconds * 1000;
  const normal = (values: Recording['errorRatio']): number =>
    baselineOf(values.slice(0, baselineSeconds).map((value) => value ?? Number.NaN))?.median ?? 0;
  const latencyMax = latencyFactor * normal(latencyP95Ms);
  const errorMax = errorFactor * Math.max(errorFloor, normal(errorRatio));
  let [slow, failing]: [Breach, Breach] = [undefined, undefined];
  for (let second = baselineSeconds; second < latencyP95Ms.length; second += 1) {
    const nowMs = second * 1000;
    slow = advanceBreach(slow, !((latencyP95Ms[second] ?? Number.NaN) <= latencyMax), nowMs, clearMs);
    failing = advanceBreach(failing, !((errorRatio[second] ?? Number.NaN) <= errorMax), nowMs, clearMs);
    if ([slow, failing].some((breach) => hasLasted(breach, forSeconds * 1000, nowMs))) return second;
  }
  return undefined;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted.length === 0 ? Number.NaN : (sorted[(sorted.length - 1) >> 1] as number);
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
