/** What became of a detector in a run, in words. */
import type { DetectorDocument } from '../client/programme-document.ts';

export interface DetectorVerdict {
  /** "sequential on latency.value" */
  readonly name: string;
  /** "alarm: aborted the run" */
  readonly text: string;
  /** With the numbers. */
  readonly because: string;
  readonly tone: 'good' | 'doubtful' | 'bad';
}

const alarmWords: Readonly<Record<string, string>> = {
  shadow: 'alarm, in the shadow',
  advise: 'alarm: advised an abort',
  abort: 'alarm: aborted the run',
};

export function detectorVerdict(detector: DetectorDocument): DetectorVerdict {
  const { method, probe, value, mode, blind, alarm, observations, missing, restarts } = detector;
  const name = `${method} on ${probe}.${value}`;
  if (blind !== '') return { name, text: 'blind', because: blind, tone: 'doubtful' };
  const again = restarts > 0 ? ` (begun anew ${restarts} times with the coordinator)` : '';
  const without =
    missing > 0 ? `; ${missing} of ${observations} observations had no value and counted as the worst` : '';
  const because = `${detector.because}${without}${again}`;
  if (alarm) return { name, text: alarmWords[mode] ?? 'alarm', because, tone: mode === 'abort' ? 'bad' : 'doubtful' };
  if (observations === 0) return { name, text: 'observed nothing', because, tone: 'doubtful' };
  return { name, text: 'no alarm', because, tone: 'good' };
}

/** A line of blocks for where no picture can be drawn, from 0 or the least to the threshold or the most. */
export function sparkline({ points, threshold }: Pick<DetectorDocument, 'points' | 'threshold'>): string {
  const values = points.map(([, statistic]) => statistic);
  if (values.length === 0) return '';
  const [least, most] = [Math.min(0, ...values), Math.max(threshold, ...values)];
  const columns = Math.min(columnsMax, values.length);
  return Array.from({ length: columns }, (_, column) => {
    const from = Math.floor((column * values.length) / columns);
    const to = Math.floor(((column + 1) * values.length) / columns);
    const highest = Math.max(...values.slice(from, to));
    return blocks[Math.round(((highest - least) / Math.max(most - least, Number.MIN_VALUE)) * (blocks.length - 1))];
  }).join('');
}

const columnsMax = 40;
const blocks = '▁▂▃▄▅▆▇█';
