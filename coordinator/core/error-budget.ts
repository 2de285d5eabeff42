/** What is left of an error budget, and how fast it is spent (Site Reliability Workbook, chapters 2 and 5). */

/** A budget as it is now. */
export interface ErrorBudget {
  readonly slo: string;
  /** The share that must be good, above 0 and below 1. */
  readonly target: number;
  /** The share that was bad over the time of the SLO. */
  readonly errorRatio: number;
}

/** Of the budget, in percent; below 0 when more than all of it is spent. */
export function remainingPercent({ errorRatio, target }: ErrorBudget): number {
  return 100 * (1 - errorRatio / (1 - target));
}

/** 1 spends the budget in just the time that it is for. */
export function burnRate(errorRatio: number, target: number): number {
  return errorRatio / (1 - target);
}

export interface Burn {
  readonly slo: string;
  readonly long: number;
  readonly short: number;
  readonly rateMax: number;
}

/** Both windows: the long one so that a moment does not count, the short one so that what is over does not either. */
export function burnsTooFast({ long, short, rateMax }: Burn): boolean {
  // Written so that a rate that is not known counts as too fast.
  return !(long < rateMax) && !(short < rateMax);
}
