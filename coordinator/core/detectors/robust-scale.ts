/** Where the middle of a baseline is and how wide it spreads, whatever a few of its values are. */
export interface RobustScale {
  readonly median: number;
  /** In the units of the value; above 0. */
  readonly spread: number;
}

/** Make the median absolute deviation, and the distance to the ninth decile, a standard deviation where values are normal. */
const deviationOfNormal = 1.4826;
const decileOfNormal = 1.2816;
/** Where nothing varies, a hundredth of the median counts as its spread. */
const relativeSpreadMin = 0.01;
/** Where the median is 0 besides. */
const spreadMin = 1e-9;

/**
 * The larger of the median absolute deviation and the distance from the median to the ninth decile: latencies reach further
 * up than down, and it is up that counts. Values that are mostly the same (errors of a healthy service) have neither; then
 * the standard deviation counts.
 */
export function robustScale(baseline: readonly number[]): RobustScale {
  const sorted = baseline.filter(Number.isFinite).sort((one, other) => one - other);
  const median = quantile(sorted, 0.5);
  const distances = sorted.map((value) => Math.abs(value - median)).sort((one, other) => one - other);
  const upwards = (quantile(sorted, 0.9) - median) / decileOfNormal;
  const robust = Math.max(quantile(distances, 0.5) * deviationOfNormal, upwards);
  const least = Math.max(Math.abs(median) * relativeSpreadMin, spreadMin);
  return { median, spread: Math.max(robust > 0 ? robust : standardDeviation(sorted), least) };
}

/** How many spreads above the median, at most `scoreMax` either way. */
export function scoreOf(badness: number, { median, spread }: RobustScale, scoreMax: number): number {
  if (badness === Number.POSITIVE_INFINITY) return scoreMax;
  return Math.max(-scoreMax, Math.min(scoreMax, (badness - median) / spread));
}

function quantile(sorted: readonly number[], share: number): number {
  const at = share * (sorted.length - 1);
  const [low = 0, high = low] = [sorted[Math.floor(at)], sorted[Math.ceil(at)]];
  return low + (high - low) * (at - Math.floor(at));
}

function standardDeviation(values: readonly number[]): number {
  if (values.length < 2) return 0;
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
}
