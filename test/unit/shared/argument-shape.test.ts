import { expect, test } from 'vitest';
import { hasShape } from '../../../shared/argument-shape.ts';

test.each([
  ['--fast', '--fast'],
  ['--for=10s', '--for=*'],
  ['/srv/test/a.txt', '/srv/test/*'],
  ['--a=1,b=22', '--a=*,b=*'],
  ['x-y-z', '*-z'],
])('%j has the shape %j', (argument, shape) => {
  expect(hasShape(argument, shape)).toBe(true);
});

test.each([
  ['--slow', '--fast'],
  ['--for=', '--for=*'],
  ['/srv/test/../../etc', '/srv/test/*'],
  ['/srv/test/..', '/srv/test/*'],
  ['/srv/test/a/b', '/srv/test/*'],
  ['--for=1; rm', '--for=*'],
  ['--for=$(id)', '--for=*'],
  ['--for=1\n', '--for=*'],
  ['aa', 'a*a'],
  ['anything', ''],
])('%j has not the shape %j', (argument, shape) => {
  expect(hasShape(argument, shape)).toBe(false);
});

test('a shape with many asterisks is told in no time', () => {
  const startedAtMs = performance.now();
  expect(hasShape('a'.repeat(256), `${'*a'.repeat(120)}b`)).toBe(false);
  expect(performance.now() - startedAtMs).toBeLessThan(100);
});
