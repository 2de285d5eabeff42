import { describe, expect, it } from 'vitest';
import { type LabelledSeries, normalScore, rawScore } from '../../bench/nab.ts';

/** A hundred points, of which the first fifteen are the probation, and one window of ten. */
const series: LabelledSeries = { name: 'one', values: new Array(100).fill(0), windows: [[40, 49]] };

describe('the score of the Numenta Anomaly Benchmark', () => {
  it('is 0 for a detector that never speaks, and 100 for one that speaks first in each window and never else', () => {
    expect(normalScore([series], () => [])).toBe(0);
    expect(normalScore([series], () => [40])).toBe(100);
  });

  it('counts a window once, by the earliest alarm in it', () => {
    expect(rawScore(series, [40])).toBe(1);
    expect(rawScore(series, [40, 44, 49])).toBe(1);
    expect(rawScore(series, [45])).toBeLessThan(1);
    expect(rawScore(series, [49])).toBeGreaterThan(0);
  });

  it('charges false alarms, less just behind a window and none in the probation', () => {
    expect(rawScore(series, [40, 80])).toBeCloseTo(1 - 0.11);
    expect(rawScore(series, [40, 20])).toBeCloseTo(1 - 0.11);
    expect(rawScore(series, [40, 50])).toBeGreaterThan(1 - 0.11);
    expect(rawScore(series, [40, 3])).toBe(1);
  });

  it('does not count a window that lies in the probation', () => {
    expect(
      normalScore(
        [
          {
            ...series,
            windows: [
              [2, 9],
              [40, 49],
            ],
          },
        ],
        () => [40],
      ),
    ).toBe(100);
  });
});
