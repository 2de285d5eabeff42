import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { gradedOn } from '../../bench/detect.ts';
import { readRecordings, recordingsFolder } from '../../bench/recordings.ts';

const read = (name: string) => readRecordings(join(recordingsFolder, `${name}.jsonl`));

describe('the recordings that detectors are graded on', () => {
  const heldOut = read('held-out');

  it('are at least 200 runs of a real stack, at least half of them without a fault', () => {
    expect(heldOut.length).toBeGreaterThanOrEqual(200);
    expect(heldOut.filter(({ fault }) => fault === null).length).toBeGreaterThanOrEqual(heldOut.length / 2);
  });

  it('share no seed with those that settings were chosen on', () => {
    const tuned = new Set(read('tuning').map(({ seed }) => seed));
    expect(heldOut.filter(({ seed }) => tuned.has(seed))).toEqual([]);
  });

  it('were never made by a recorder that was itself held up', () => {
    expect(heldOut.filter(({ latestMs = 0 }) => latestMs > 250)).toEqual([]);
  });

  it('have a value or a gap for each second of a minute of baseline and more', () => {
    for (const { latencyP95Ms, errorRatio, baselineSeconds, fault } of heldOut) {
      expect(latencyP95Ms).toHaveLength(errorRatio.length);
      expect(latencyP95Ms.length).toBeGreaterThan(baselineSeconds + 60);
      if (fault) expect(fault.atSecond).toBeGreaterThanOrEqual(baselineSeconds);
    }
  });
});

describe('on them, the sequential test', () => {
  const { detectors } = gradedOn('held-out');

  it('aborts healthy runs no more often than it states, also by the upper bound', () => {
    expect(detectors.sequential?.falseAbortUpper95).toBeLessThanOrEqual(
      detectors.sequential?.statedFalseAbortRate ?? 0,
    );
  });

  it('finds a fault sooner than the static rule more often than later', () => {
    const { sooner = 0, later = 0 } = detectors.sequential?.besideStaticRule ?? {};
    expect(sooner).toBeGreaterThan(later);
  });
});
