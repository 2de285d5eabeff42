/**
 * The labelled public series of the Numenta Anomaly Benchmark, scored as the benchmark scores (A. Lavin, S. Ahmad, Evaluating
 * Real-time Anomaly Detection Algorithms, ICMLA 2015; its standard profile): what lies in a window counts once, and the
 * more the earlier it was found; what lies outside costs the more the further from a window it is. 0 is a detector that
 * never speaks, 100 one that speaks at the first point of each window and never else.
 *
 * Ours end a run at the first alarm, over a baseline just before it, and look one way. Here both ways are looked at, the
 * first fifteen hundredths are the baseline, and after an alarm as many points as that are taken as the next one, in which
 * nothing is said. Thresholds are those of everywhere else: the benchmark's own optimizer, which chooses the best one with
 * the labels in sight, is not used, so the score is no more comparable with published ones than that.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { badnessOf, type DetectorSettings, startDetector } from '../../coordinator/core/detectors/index.ts';
import { projectFolder } from '../rig/project.ts';

export interface LabelledSeries {
  readonly name: string;
  readonly values: readonly number[];
  /** Indices of the first and the last point of each window. */
  readonly windows: readonly (readonly [first: number, last: number])[];
}

const weights = { found: 1, falseAlarm: 0.11, missed: 1 };
const probationShare = 0.15;
const probationMax = 750;

/** @returns by method; empty where the series are not there. */
export function nabScores(
  detectors: readonly DetectorSettings[],
  folder = process.env.LEASH_NAB ?? join(projectFolder, '..', 'shared', 'nab'),
): Readonly<Record<string, number>> {
  if (!existsSync(join(folder, 'labels', 'combined_windows.json'))) return {};
  const corpus = readCorpus(folder);
  return Object.fromEntries(
    detectors.map((settings) => [
      settings.method,
      Math.round(normalScore(corpus, (series) => alarmsOf(series, settings)) * 10) / 10,
    ]),
  );
}

export function normalScore(
  corpus: readonly LabelledSeries[],
  alarms: (series: LabelledSeries) => readonly number[],
): number {
  const windows = corpus.reduce((sum, series) => sum + countedWindows(series).length, 0);
  const raw = corpus.reduce((sum, series) => sum + rawScore(series, alarms(series)), 0);
  const silent = -weights.missed * windows;
  return (100 * (raw - silent)) / (weights.found * windows - silent);
}

export function rawScore(series: LabelledSeries, alarms: readonly number[]): number {
  const counted = countedWindows(series);
  const within = counted.map((window) => {
    const scores = alarms
      .filter((at) => at >= Math.max(window[0], probationOf(series)) && at <= window[1])
      .map((at) => (weights.found * scaledSigmoid(positionWithin(at, window))) / scaledSigmoid(-1));
    return Math.max(-weights.missed, ...scores);
  });
  const outside = alarms
    .filter((at) => at >= probationOf(series) && !series.windows.some(([first, last]) => at >= first && at <= last))
    .map((at) => weights.falseAlarm * scaledSigmoid(positionPast(at, series.windows)));
  return [...within, ...outside].reduce((sum, score) => sum + score, 0);
}

/** A window that ends in the probation counts for nobody. */
function countedWindows(series: LabelledSeries): LabelledSeries['windows'] {
  return series.windows.filter(([, last]) => last >= probationOf(series));
}

/** From -1 at the left edge to just below 0 at the right one. */
function positionWithin(at: number, [first, last]: readonly [number, number]): number {
  return -(last - at + 1) / (last - first + 1);
}

/** In widths of the window before it; far away where there is none. */
function positionPast(at: number, windows: LabelledSeries['windows']): number {
  const before = windows.filter(([, last]) => last < at).at(-1);
  return before ? (at - before[1]) / Math.max(1, before[1] - before[0]) : 3;
}

function scaledSigmoid(position: number): number {
  return position >= 3 ? -1 : 2 / (1 + Math.exp(5 * position)) - 1;
}

function probationOf({ values }: LabelledSeries): number {
  return Math.floor(Math.min(probationShare * values.length, probationMax));
}

function alarmsOf(series: LabelledSeries, settings: DetectorSettings): readonly number[] {
  const length = probationOf(series);
  const alarms: number[] = [];
  for (let from = 0; from + length < series.values.length; ) {
    const baseline = series.values.slice(from, from + length);
    const detectors = (['up', 'down'] as const).map((worse) => ({
      worse,
      detector: startDetector(
        settings,
        baseline.map((value) => badnessOf(value, worse)),
      ),
    }));
    const rest = series.values.slice(from + length);
    const at = rest.findIndex(
      (value) =>
        detectors.filter(({ worse, detector }) => detector.observe(badnessOf(value, worse)).isAlarm).length > 0,
    );
    if (at === -1) break;
    alarms.push(from + length + at);
    from += length + at + 1;
  }
  return alarms;
}

function readCorpus(folder: string): readonly LabelledSeries[] {
  const labels = JSON.parse(readFileSync(join(folder, 'labels', 'combined_windows.json'), 'utf8')) as Record<
    string,
    readonly (readonly [string, string])[]
  >;
  return readdirSync(join(folder, 'data')).flatMap((group) =>
    readdirSync(join(folder, 'data', group)).map((file): LabelledSeries => {
      const rows = readFileSync(join(folder, 'data', group, file), 'utf8')
        .trim()
        .split('\n')
        .slice(1);
      const times = rows.map((row) => row.slice(0, 19));
      const values = rows.map((row) => Number(row.slice(row.indexOf(',') + 1)));
      const windows = (labels[`${group}/${file}`] ?? []).map(
        ([first, last]) => [times.indexOf(first.slice(0, 19)), times.indexOf(last.slice(0, 19))] as const,
      );
      return { name: `${group}/${file}`, values, windows };
    }),
  );
}
