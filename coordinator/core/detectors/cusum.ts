/** A cumulative sum: small shifts that last add up, single outliers do not. */
import type { DetectorKind } from './detector-kind.ts';
import { type RobustScale, robustScale, scoreOf } from './robust-scale.ts';

export interface CusumSettings {
  /** What each observation must be beyond the median, in robust deviations, before it adds to the sum. */
  readonly drift: number;
  readonly threshold: number;
}

interface CusumState {
  readonly scale: RobustScale;
  readonly sum: number;
  /** Observations since the sum was last 0. */
  readonly since: number;
}

/** What one observation counts at most, so that none decides alone. */
const scoreMax = 4;

export const cusum: DetectorKind<CusumSettings, CusumState> = {
  summary:
    'A one-sided cumulative sum of robust scores, each at most 4, beyond a drift that is allowed; alarms when the sum reaches the threshold. No stated rate of false alarms.',
  source: 'E. S. Page, Continuous Inspection Schemes, Biometrika 41 (1954)',
  baselineMin: 10,
  start: (baseline) => ({ scale: robustScale(baseline), sum: 0, since: 0 }),
  alarmsAfter: (_baseline, { drift, threshold }) => Math.ceil(threshold / Math.max(scoreMax - drift, 1e-9)),
  observe({ scale, sum: before, since: sinceBefore }, badness, { drift, threshold }) {
    const sum = Math.max(0, before + scoreOf(badness, scale, scoreMax) - drift);
    const since = sum === 0 ? 0 : sinceBefore + 1;
    const because = `the sum of the last ${since} scores beyond ${drift} robust deviations is ${sum.toFixed(1)}; the threshold is ${threshold}`;
    return { state: { scale, sum, since }, sight: { statistic: sum, threshold, isAlarm: sum >= threshold, because } };
  },
};
