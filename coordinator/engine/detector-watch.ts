/**
 * The detectors of one run: each collects its baseline, is shown what its probe shows while faults are in force, and speaks
 * up once. An answer without the value, and a probe that is silent, are the worst that can be observed.
 */
import { baselineOf } from '../core/baseline.ts';
import { type DetectorRecord, detectorName, newRecord, restartedRecord } from '../core/detector-record.ts';
import { badnessOf, type StartedDetector, startDetector } from '../core/detectors/index.ts';
import type { Detector, Experiment, Probe } from '../core/experiment.ts';
import { pointsMax, thinned } from '../core/probe-series.ts';
import { staleAfterMs } from '../core/probe-window.ts';
import type { Clock } from './ports.ts';
import type { WatchPhase } from './probe-readings.ts';

export interface DetectorWatchContext {
  readonly clock: Clock;
  readonly experiment: Experiment;
  /** Of a run that is taken up again after a restart: what its detectors knew. */
  readonly known: readonly DetectorRecord[];
  /** At most once for each detector. */
  onAlarm(index: number, record: DetectorRecord): void;
}

export interface DetectorWatch {
  /** A probe has answered; `values` as its window shows them. */
  take(probe: string, phase: WatchPhase, values: Readonly<Record<string, number>>): void;
  /** Looks for silence. */
  look(phase: WatchPhase): void;
  /** Ends the baseline. @returns what there is to keep from then on. */
  start(): readonly DetectorRecord[];
  records(): readonly DetectorRecord[];
  /** Why nothing should be injected: a detector that is to abort, and cannot see. */
  refusals(): readonly string[];
}

/** The newest are kept; and so are the points of a statistic, before they are thinned. */
const baselineMax = 600;
const pointsKeptMax = 20 * pointsMax;

interface Watched {
  readonly detector: Detector;
  readonly probe: Probe;
  readonly index: number;
  readonly baseline: (number | null)[];
  lastObservedMs: number;
  lastSampleMs: number;
  record: DetectorRecord | undefined;
  started: StartedDetector | undefined;
}

export function startDetectorWatch({ clock, experiment, known, onAlarm }: DetectorWatchContext): DetectorWatch {
  const nowMs = clock.bootMs();
  const watched = (experiment.detectors ?? []).flatMap((detector, index): Watched[] => {
    const probe = experiment.probes.find(({ name }) => name === detector.probe);
    if (!probe) return [];
    const before = known[index];
    const record = before && restartedRecord(before);
    const times = { lastObservedMs: Number.NEGATIVE_INFINITY, lastSampleMs: nowMs };
    return [{ detector, probe, index, baseline: [], ...times, record, started: record && started(detector, record) }];
  });

  function take(each: Watched, phase: WatchPhase, value: number | undefined): void {
    const { detector, probe } = each;
    const atMs = clock.bootMs();
    // A sample comes a little sooner or later than it is due, and must not be left out for that.
    if (atMs - each.lastObservedMs < detector.everyMs - probe.everyMs / 2) return;
    each.lastObservedMs = atMs;
    if (phase === 'before' && !each.record) {
      each.baseline.push(value !== undefined && Number.isFinite(value) ? value : null);
      if (each.baseline.length > baselineMax) each.baseline.shift();
    }
    if (phase === 'during') observe(each, value);
  }

  function observe(each: Watched, value: number | undefined): void {
    const { detector, record, started } = each;
    if (!record || !started || record.alarm) return;
    const badness = badnessOf(value, detector.worse);
    const isMissing = badness === Number.POSITIVE_INFINITY;
    const sight = started.observe(badness);
    const atUnixMs = Math.round(clock.unixMs());
    const points = [...record.points, [atUnixMs, sight.statistic] as const];
    const observations = record.observations + 1;
    const next: DetectorRecord = {
      ...record,
      observations,
      missing: record.missing + (isMissing ? 1 : 0),
      statistic: sight.statistic,
      threshold: sight.threshold,
      because: sight.because,
      points: points.length > pointsKeptMax ? thinned(points) : points,
    };
    each.record = next;
    if (!sight.isAlarm) return;
    const detail = `${detectorName(next)}: ${shown(next, isMissing ? undefined : value)}; ${sight.because}`;
    const alarm = { atUnixMs, observation: observations, detail };
    each.record = { ...next, points: thinned(points), alarm };
    onAlarm(each.index, each.record);
  }

  return {
    take(name, phase, values) {
      for (const each of watched) {
        if (each.probe.name !== name) continue;
        each.lastSampleMs = clock.bootMs();
        take(each, phase, values[each.detector.value]);
      }
    },
    look(phase) {
      for (const each of watched) {
        if (clock.bootMs() - each.lastSampleMs >= staleAfterMs(each.probe)) take(each, phase, undefined);
      }
    },
    start() {
      for (const each of watched) {
        if (each.record) continue;
        each.record = newRecord(each.detector, each.baseline);
        each.started = started(each.detector, each.record);
      }
      return recordsOf(watched);
    },
    records: () => recordsOf(watched),
    refusals: () =>
      watched.flatMap(({ record, detector }) =>
        record?.blind !== undefined && detector.mode === 'abort'
          ? [`detector: ${detectorName(record)} is to abort and cannot see: ${record.blind}`]
          : [],
      ),
  };
}

function recordsOf(watched: readonly Watched[]): readonly DetectorRecord[] {
  return watched.flatMap(({ record }) => (record ? [{ ...record, points: thinned(record.points) }] : []));
}

function started(
  { settings, worse }: Detector,
  { baseline, blind, alarm }: DetectorRecord,
): StartedDetector | undefined {
  if (blind !== undefined || alarm) return undefined;
  return startDetector(
    settings,
    baseline.map((value) => badnessOf(value, worse)),
  );
}

/** "latency=312 (baseline: median 88, spread 9, 60 observations)" */
function shown({ probe, value, baseline }: DetectorRecord, observed: number | undefined): string {
  const normal = baselineOf(baseline.map((each) => each ?? Number.NaN));
  const number = (each: number): string => String(Number(each.toPrecision(4)));
  const now = observed === undefined ? 'has no value' : `is ${number(observed)}`;
  return `${probe}.${value} ${now} (baseline: median ${number(normal?.median ?? Number.NaN)}, spread ${number(normal?.spread ?? Number.NaN)}, ${baseline.length} observations)`;
}
