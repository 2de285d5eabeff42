/** How far from the median of the baseline, in robust spreads: the third largest of the last five such scores. */
import type { DetectorKind } from './detector-kind.ts';
import { type RobustScale, robustScale, scoreOf } from './robust-scale.ts';

export interface ZScoreSettings {
  readonly threshold: number;
}

interface ZScoreState {
  readonly scale: RobustScale;
  readonly recent: readonly number[];
}

const recentMax = 5;
/** So many of them must be above the threshold: one outlier, or two, is no alarm. */
const needed = 3;
const scoreMax = 100;

export const zScore: DetectorKind<ZScoreSettings, ZScoreState> = {
  summary:
    'The distance from the median in units of the median absolute deviation; alarms when three of the last five observations are further away than the threshold. No stated rate of false alarms.',
  source: 'B. Iglewicz, D. C. Hoaglin, How to Detect and Handle Outliers, ASQC 1993',
  baselineMin: 10,
  start: (baseline) => ({ scale: robustScale(baseline), recent: [] }),
  alarmsAfter: () => needed,
  observe({ scale, recent: before }, badness, { threshold }) {
    const score = scoreOf(badness, scale, scoreMax);
    const recent = [...before, score].slice(-recentMax);
    const statistic = recent.length < needed ? 0 : ([...recent].sort((one, other) => other - one)[needed - 1] ?? 0);
    const isAlarm = recent.length >= needed && statistic >= threshold;
    const because = `${needed} of the last ${recent.length} observations are at least ${statistic.toFixed(1)} robust deviations beyond the median; the threshold is ${threshold}`;
    return { state: { scale, recent }, sight: { statistic, threshold, isAlarm, because } };
  },
};
