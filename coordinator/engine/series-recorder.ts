/** Remembers what each value of each probe was, for the plots of a report. Bounded, whatever the rate and the length. */
import { type ProbeSeries, pointsMax, thinned } from '../core/probe-series.ts';

export interface SeriesRecorder {
  add(probe: string, atUnixMs: number, values: Readonly<Record<string, number | undefined>>): void;
  series(): readonly ProbeSeries[];
}

/** Thinned again when it has grown to this; a long run keeps its shape. */
const keptMax = 20 * pointsMax;

export function createSeriesRecorder(): SeriesRecorder {
  const kept = new Map<string, { probe: string; value: string; points: ProbeSeries['points'][number][] }>();

  return {
    add(probe, atUnixMs, values) {
      for (const [value, number] of Object.entries(values)) {
        if (number === undefined || !Number.isFinite(number)) continue;
        const key = `${probe}.${value}`;
        const own = kept.get(key) ?? { probe, value, points: [] };
        kept.set(key, own);
        own.points.push([atUnixMs, number]);
        if (own.points.length > keptMax) own.points.splice(0, own.points.length, ...thinned(own.points));
      }
    },
    series: () => [...kept.values()].map(({ probe, value, points }) => ({ probe, value, points: thinned(points) })),
  };
}
