/** What a value of a probe was over a run: for plots, so thinned to what a plot can show. */
export interface ProbeSeries {
  readonly probe: string;
  readonly value: string;
  /** Wall clock and value, in order. */
  readonly points: readonly (readonly [atUnixMs: number, value: number])[];
}

/** No plot is wider than this in points that can be told apart. */
export const pointsMax = 240;

/**
 * Thins to at most `pointsMax` points by keeping, of each stretch of time, the lowest and the highest: a spike of one
 * sample stays to be seen, where an average would hide it.
 */
export function thinned(points: ProbeSeries['points']): ProbeSeries['points'] {
  if (points.length <= pointsMax) return points;
  const stretches = pointsMax / 2;
  return Array.from({ length: stretches }, (_, index) => {
    const from = Math.floor((index * points.length) / stretches);
    const to = Math.floor(((index + 1) * points.length) / stretches);
    return extremes(points.slice(from, to));
  }).flat();
}

function extremes(points: ProbeSeries['points']): ProbeSeries['points'] {
  const ordered = [...points].sort(([, one], [, other]) => one - other);
  const [lowest, highest] = [ordered[0], ordered.at(-1)];
  if (!lowest || !highest || lowest === highest) return points.slice(0, 1);
  return lowest[0] < highest[0] ? [lowest, highest] : [highest, lowest];
}
