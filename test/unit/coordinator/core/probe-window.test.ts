import { describe, expect, it } from 'vitest';
import { baselineOf } from '../../../../coordinator/core/baseline.ts';
import { advanceBreach, hasLasted } from '../../../../coordinator/core/breach.ts';
import { addSample, type ProbeSample, readWindow } from '../../../../coordinator/core/probe-window.ts';

const good = (atMs: number, latencyMs: number): ProbeSample => ({ atMs, isGood: true, latencyMs, detail: '200' });
const refused = (atMs: number): ProbeSample => ({ atMs, isGood: false, detail: 'connection refused' });

describe('the window of a probe', () => {
  it('has nearest-rank percentiles and the ratio of bad answers', () => {
    const samples = Array.from({ length: 100 }, (_, index) => good(index, index + 1));
    const values = readWindow([...samples, refused(100)], 10_000, 100)?.values;
    expect(values).toMatchObject({ up: 0, latencyP50Ms: 50, latencyP95Ms: 95, latencyP99Ms: 99 });
    expect(values?.errorRatio).toBeCloseTo(1 / 101);
  });

  it('has no latency where nothing was connected, so that a rule on it fails closed', () => {
    const values = readWindow([refused(1)], 10_000, 1)?.values;
    expect(values).toEqual({ up: 0, errorRatio: 1 });
  });

  it('says how old its newest sample is, and knows nothing before the first', () => {
    expect(readWindow([good(100, 5)], 10_000, 4100)?.ageMs).toBe(4000);
    expect(readWindow([], 10_000, 0)).toBeUndefined();
  });

  it('drops what is older than the window', () => {
    const samples = [1, 2, 3].reduce<readonly ProbeSample[]>(
      (all, at) => addSample(all, good(at * 1000, at), 1500),
      [],
    );
    expect(samples.map((sample) => sample.latencyMs)).toEqual([2, 3]);
  });
});

describe('a baseline', () => {
  it('is the median with its spread, and one outlier does not move it', () => {
    expect(baselineOf([10, 11, 12, 13, 500])).toEqual({ median: 12, spread: 1, readings: 5 });
    expect(baselineOf([1, 3])).toEqual({ median: 2, spread: 1, readings: 2 });
  });

  it('is not there where no reading is finite', () => {
    expect(baselineOf([Number.NaN, Number.POSITIVE_INFINITY])).toBeUndefined();
  });
});

describe('a breach', () => {
  it('must last without a pause', () => {
    const begun = advanceBreach(undefined, true, 1000);
    expect(hasLasted(begun, 2000, 2999)).toBe(false);
    expect(hasLasted(advanceBreach(begun, true, 3000), 2000, 3000)).toBe(true);
    const paused = advanceBreach(advanceBreach(begun, false, 2000), true, 2500);
    expect(hasLasted(paused, 2000, 3000)).toBe(false);
  });
});
