import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  alarmsAfter,
  badnessOf,
  type DetectorSettings,
  detectorDefaults,
  detectorKinds,
  startDetector,
} from '../../../../../coordinator/core/detectors/index.ts';
import { createRandom } from '../../../../bench/random.ts';

const all: readonly DetectorSettings[] = [
  { method: 'z-score', ...detectorDefaults['z-score'] },
  { method: 'cusum', ...detectorDefaults.cusum },
  { method: 'sequential', ...detectorDefaults.sequential },
];
const sequential = (falseAborts: number): DetectorSettings => ({ method: 'sequential', falseAborts });

/** @returns which observation alarmed, from 1; undefined where none did. */
function firstAlarm(settings: DetectorSettings, baseline: readonly number[], observed: readonly number[]) {
  const detector = startDetector(settings, baseline);
  const at = observed.findIndex((badness) => detector.observe(badness).isAlarm);
  return at === -1 ? undefined : at + 1;
}

function draws(count: number, draw: () => number): readonly number[] {
  return Array.from({ length: count }, draw);
}

/** Share of runs without a change in which there is an alarm at any time. */
function falseAlarmRate(
  settings: DetectorSettings,
  runs: number,
  seed: number,
  drawFrom: (random: () => number) => number,
) {
  const random = createRandom(seed);
  let alarms = 0;
  for (let run = 0; run < runs; run += 1) {
    const baseline = draws(60, () => drawFrom(random));
    if (
      firstAlarm(
        settings,
        baseline,
        draws(120, () => drawFrom(random)),
      ) !== undefined
    )
      alarms += 1;
  }
  return alarms / runs;
}

const normal = (random: () => number) => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
const latency = (random: () => number) => 40 * Math.exp(0.6 * normal(random));
/** Of twenty answers: mostly none is bad, so that most observations are equal. */
const errorRatio = (random: () => number) => draws(20, random).filter((each) => each < 0.02).length / 20;
/** No mean, and no variance. */
const wild = (random: () => number) => Math.tan(Math.PI * (random() - 0.5));

/** Thousands of runs: seconds on a machine that has nothing else to do. */
const simulated = { timeout: 120_000 };

describe('the sequential test', simulated, () => {
  it.each([
    ['latency', latency],
    ['error ratios that are mostly equal', errorRatio],
    ['values without a mean', wild],
  ])('alarms in at most the stated share of runs in which nothing changes: %s', (_name, drawFrom) => {
    const [stated, runs] = [0.1, 1000];
    const chance = 3 * Math.sqrt((stated * (1 - stated)) / runs);
    expect(falseAlarmRate(sequential(stated), runs, 7, drawFrom)).toBeLessThan(stated + chance);
  });

  it('keeps its rate over a short baseline and however long it is watched', () => {
    const random = createRandom(11);
    let alarms = 0;
    for (let run = 0; run < 200; run += 1) {
      const observed = draws(600, () => latency(random));
      if (
        firstAlarm(
          sequential(0.1),
          draws(20, () => latency(random)),
          observed,
        ) !== undefined
      )
        alarms += 1;
    }
    expect(alarms / 200).toBeLessThan(0.1 + 3 * Math.sqrt(0.09 / 200));
  });

  it('says the same of values that are only scaled differently', () => {
    const random = createRandom(3);
    const baseline = draws(60, () => normal(random));
    const observed = draws(40, () => normal(random) + 1.5);
    const scaled = (value: number) => Math.exp(3 * value);
    expect(firstAlarm(sequential(0.01), baseline.map(scaled), observed.map(scaled))).toBe(
      firstAlarm(sequential(0.01), baseline, observed),
    );
  });

  it('takes more evidence for fewer false aborts', () => {
    const random = createRandom(5);
    const baseline = draws(60, () => normal(random));
    const observed = draws(100, () => normal(random) + 2);
    const after = [0.1, 0.01, 0.001].map((rate) => firstAlarm(sequential(rate), baseline, observed) ?? Infinity);
    expect(after).toEqual([...after].sort((one, other) => one - other));
    expect(after[2]).toBeLessThan(30);
  });

  it('finds a change that comes after a long time of health', () => {
    const random = createRandom(9);
    const baseline = draws(60, () => latency(random));
    const healthy = draws(600, () => latency(random));
    const found = firstAlarm(sequential(0.01), baseline, [...healthy, ...draws(30, () => 4 * latency(random))]);
    expect(found).toBeGreaterThan(600);
  });

  it('explains itself with odds, the number of observations and the stated rate', () => {
    const detector = startDetector(sequential(0.01), draws(60, createRandom(1)));
    const sights = draws(20, () => 5).map((badness) => detector.observe(badness));
    expect(sights.find(({ isAlarm }) => isAlarm)?.because).toMatch(
      /^the odds against "nothing has changed" are \d+ to 1 after \d+ observations; the threshold is 100 to 1, reached in at most 1 % of runs/,
    );
  });
});

describe.each(all)('$method', simulated, (settings) => {
  const random = createRandom(21);
  const baseline = draws(60, () => latency(random));

  it('finds a service that is three times as slow within 15 observations', () => {
    expect(
      firstAlarm(
        settings,
        baseline,
        draws(15, () => 3 * latency(random)),
      ),
    ).toBeGreaterThan(0);
  });

  it('rarely alarms where nothing changes', () => {
    expect(falseAlarmRate(settings, 300, 4, latency)).toBeLessThan(0.2);
  });

  it('never counts a missing value as health: silence alone is an alarm', () => {
    const missing = draws(15, () => badnessOf(undefined, 'up'));
    expect(firstAlarm(settings, baseline, missing)).toBeGreaterThan(0);
    const detector = startDetector(settings, baseline);
    const healthy = startDetector(settings, baseline);
    const [median = 0] = [...baseline].sort((one, other) => one - other).slice(30);
    expect(detector.observe(badnessOf(Number.NaN, 'up')).statistic).toBeGreaterThanOrEqual(
      healthy.observe(median).statistic,
    );
  });

  it('never alarms after fewer observations than it says, whatever it is shown', () => {
    const values = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constant(Infinity));
    const count = detectorKinds[settings.method].baselineMin;
    fc.assert(
      fc.property(
        fc.array(values, { minLength: count, maxLength: 80 }),
        fc.array(values, { maxLength: 40 }),
        (before, observed) => {
          const alarm = firstAlarm(settings, before, observed);
          expect(alarm ?? Infinity).toBeGreaterThanOrEqual(alarmsAfter(settings, before.length));
        },
      ),
      { seed: 1, numRuns: 300 },
    );
  });

  it('can alarm as soon as it says', () => {
    const observed = draws(
      40,
      (
        (worst) => () =>
          (worst += 1e6)
      )(1e6),
    );
    const earliest = alarmsAfter(settings, baseline.length);
    const alarm = firstAlarm(settings, baseline, observed);
    expect(alarm).toBeGreaterThanOrEqual(earliest);
    expect(alarm).toBeLessThanOrEqual(earliest + 2);
  });

  it('says the same of the same observations each time', () => {
    const observed = draws(60, () => 1.4 * latency(random));
    const said = () => {
      const detector = startDetector(settings, baseline);
      return observed.map((badness) => detector.observe(badness));
    };
    expect(said()).toEqual(said());
  });

  it('looks the other way where less is worse', () => {
    const rates = draws(60, () => 100 + 5 * normal(random));
    const fallen = draws(20, () => badnessOf(40, 'down'));
    const risen = draws(20, () => badnessOf(160, 'down'));
    const downwards = rates.map((rate) => badnessOf(rate, 'down'));
    expect(firstAlarm(settings, downwards, fallen)).toBeGreaterThan(0);
    expect(firstAlarm(settings, downwards, risen)).toBeUndefined();
  });
});

describe('a baseline that never varies', () => {
  it.each(all)('makes $method neither deaf nor jumpy', (settings) => {
    const flat = draws(60, () => 0);
    expect(
      firstAlarm(
        settings,
        flat,
        draws(60, () => 0),
      ),
    ).toBeUndefined();
    expect(
      firstAlarm(
        settings,
        flat,
        draws(15, () => 0.3),
      ),
    ).toBeGreaterThan(0);
  });
});
