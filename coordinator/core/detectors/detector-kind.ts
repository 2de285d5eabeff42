/**
 * The contract of a detector: one file of this folder implements it, and one line of `index.ts` lists it. It compares what a
 * value of a probe does during a run with what it did in the baseline, one observation at a time. Pure: the same
 * observations give the same verdict, also when a recorded run is played again.
 *
 * Every observation is a *badness*: the value, or its negative where less is worse, so that more is always worse. A value
 * that is missing, stale or not finite is `Infinity`: worse than anything that was measured, in the baseline as well as
 * after it. So silence is never evidence of health.
 */
export interface DetectorKind<Settings, State> {
  /** In one sentence, for the table of detectors. */
  readonly summary: string;
  /** Where the method is from. */
  readonly source: string;
  /** Fewer observations in the baseline than this, and the detector is blind. */
  readonly baselineMin: number;
  start(baseline: readonly number[], settings: Settings): State;
  /** After how many observations it can alarm at the earliest, over this baseline. */
  alarmsAfter(baseline: readonly number[], settings: Settings): number;
  observe(state: State, badness: number, settings: Settings): { readonly state: State; readonly sight: DetectorSight };
}

/** What a detector says of an observation. */
export interface DetectorSight {
  /** Comparable with `threshold` at any time, and what a plot shows. */
  readonly statistic: number;
  readonly threshold: number;
  readonly isAlarm: boolean;
  /** With the numbers that the verdict rests on. */
  readonly because: string;
}
