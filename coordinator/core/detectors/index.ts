/** The detectors, by the name under which an experiment file has them. */
import { type CusumSettings, cusum } from './cusum.ts';
import type { DetectorSight } from './detector-kind.ts';
import { type SequentialSettings, sequential } from './sequential.ts';
import { type ZScoreSettings, zScore } from './z-score.ts';

export const detectorKinds = { 'z-score': zScore, cusum, sequential } as const;

export type DetectorMethod = keyof typeof detectorKinds;
export const detectorMethods = Object.keys(detectorKinds) as readonly DetectorMethod[];

/** A method with its settings. */
export type DetectorSettings =
  | ({ readonly method: 'z-score' } & ZScoreSettings)
  | ({ readonly method: 'cusum' } & CusumSettings)
  | ({ readonly method: 'sequential' } & SequentialSettings);

/** Used where a file says nothing. Chosen on recordings of their own, which no figure is measured on. */
export const detectorDefaults = {
  'z-score': { threshold: 3.5 },
  cusum: { drift: 0.75, threshold: 10 },
  sequential: { falseAborts: 0.01 },
} as const;

/** A detector over its baseline. It keeps its state, and nothing else. */
export interface StartedDetector {
  observe(badness: number): DetectorSight;
}

export function startDetector(settings: DetectorSettings, baseline: readonly number[]): StartedDetector {
  switch (settings.method) {
    case 'z-score':
      return started(zScore, settings, baseline);
    case 'cusum':
      return started(cusum, settings, baseline);
    case 'sequential':
      return started(sequential, settings, baseline);
  }
}

/** After how many observations it can alarm at the earliest, over that many in the baseline. */
export function alarmsAfter(settings: DetectorSettings, baselineCount: number): number {
  const baseline = Array.from({ length: baselineCount }, (_, index) => index);
  switch (settings.method) {
    case 'z-score':
      return zScore.alarmsAfter(baseline, settings);
    case 'cusum':
      return cusum.alarmsAfter(baseline, settings);
    case 'sequential':
      return sequential.alarmsAfter(baseline, settings);
  }
}

/** More is always worse; what is missing or not a number is worse than anything. */
export function badnessOf(value: number | undefined | null, worse: 'up' | 'down'): number {
  if (value === undefined || value === null || !Number.isFinite(value)) return Number.POSITIVE_INFINITY;
  return worse === 'up' ? value : -value;
}

function started<Settings, State>(
  kind: {
    start(baseline: readonly number[], settings: Settings): State;
    observe(state: State, badness: number, settings: Settings): { state: State; sight: DetectorSight };
  },
  settings: Settings,
  baseline: readonly number[],
): StartedDetector {
  let state = kind.start(baseline, settings);
  return {
    observe(badness) {
      const next = kind.observe(state, badness, settings);
      state = next.state;
      return next.sight;
    },
  };
}
