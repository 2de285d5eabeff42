import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readHostStrain } from '../../../../agent/host/host-strain.ts';
import { makeTestDirectory } from '../../../rig/directory.ts';

test('load and pressure are read from this very host', () => {
  const { loadAverage, pressurePercent } = readHostStrain();
  expect(loadAverage).toBeGreaterThanOrEqual(0);
  for (const percent of Object.values(pressurePercent)) {
    if (percent === undefined) continue;
    expect(percent).toBeGreaterThanOrEqual(0);
    expect(percent).toBeLessThanOrEqual(100);
  }
});

test('pressure is that of "some" over ten seconds, and what is not there or not readable is not known', () => {
  const directory = makeTestDirectory();
  const proc = directory.sub('proc');
  mkdirSync(join(proc, 'pressure'));
  writeFileSync(join(proc, 'loadavg'), '165.52 131.44 57.22 63/4543 26812\n');
  const full = 'full avg10=7.00 avg60=0.00 avg300=0.00 total=0';
  writeFileSync(join(proc, 'pressure/cpu'), `some avg10=88.38 avg60=90.12 avg300=73.66 total=5\n${full}\n`);
  writeFileSync(join(proc, 'pressure/io'), 'not a figure\n');
  expect(readHostStrain(proc)).toEqual({
    loadAverage: 165.52,
    pressurePercent: { cpu: 88.38, memory: undefined, io: undefined },
  });
  directory.remove();
});
