import { expect, test } from 'vitest';
import { findFaultKind } from '../../../../agent/faults/index.ts';
import { parseParameters } from '../../../../agent/faults/parameter.ts';
import type { JsonObject } from '../../../../proto/struct.ts';

function parsed(kind: string, parameters: JsonObject) {
  const fault = findFaultKind(kind);
  if (!fault) throw new Error(`no fault ${kind}`);
  const values = parseParameters(fault.parameters, parameters);
  fault.check?.(values);
  return {
    values,
    magnitude: (host: object = {}) => fault.magnitude(values, { cpus: 4, memoryBytes: 2 ** 33, ...host }),
  };
}

const space = { type: 'ext4', totalBytes: 100 * 2 ** 30, freeBytes: 60 * 2 ** 30 };

test.each([
  ['stress.cpu', { percent: '50%', cores: 1 }, /must be left out beside cores or load/],
  ['stress.cpu', { percent: '50%', load: '10%' }, /must be left out beside cores or load/],
  ['stress.disk', { path: '/tmp' }, /exactly one of size, percent and leaveFree/],
  ['stress.disk', { path: '/tmp', size: '1GiB', percent: '5%' }, /exactly one of size, percent and leaveFree/],
  ['stress.disk', { path: '/tmp', leaveFree: '100MiB' }, /must be at least floor, which is 256MiB/],
  ['stress.disk', { size: '1GiB' }, /parameters.path: is required/],
  ['stress.disk', { path: 'tmp', size: '1GiB' }, /absolute path without \.\./],
  ['stress.disk', { path: '/tmp/../etc', size: '1GiB' }, /absolute path without \.\./],
  ['stress.disk', { path: '/tmp/', size: '1GiB' }, /absolute path without \.\./],
  ['stress.disk', { path: '/tmp\0', size: '1GiB' }, /NUL/],
  ['stress.io', { path: '/tmp', workers: 17 }, /from 1 to 16/],
  ['stress.io', { path: '/tmp', rate: '1KiB' }, /from 64KiB to/],
  ['stress.fds', {}, /exactly one of count and percent/],
  ['stress.fds', { count: 1, percent: '1%' }, /exactly one of count and percent/],
  ['stress.fds', { count: 1, leaveFree: 10 }, /from 1024 to/],
  ['stress.pids', {}, /exactly one of count and percent/],
  ['stress.pids', { count: 100_000 }, /from 1 to 32768/],
])('%s refuses %j', (kind, parameters, expectation) => {
  expect(() => parsed(kind, parameters as JsonObject)).toThrow(expectation);
});

test('a share of the host is burned on all CPUs', () => {
  expect(parsed('stress.cpu', { percent: '30%' }).magnitude()).toEqual({ cpuPercent: 30 });
  expect(parsed('stress.cpu', {}).magnitude()).toEqual({ cpuPercent: 100 });
});

test('a disk is judged by how full it would be, with what others have on it', () => {
  const expected = { diskLeftBytes: 50 * 2 ** 30, diskPercent: 50 };
  expect(parsed('stress.disk', { path: '/tmp', size: '10GiB' }).magnitude({ fileSystem: space })).toEqual(expected);
  expect(parsed('stress.disk', { path: '/tmp', percent: '10%' }).magnitude({ fileSystem: space })).toEqual(expected);
  expect(parsed('stress.disk', { path: '/tmp', leaveFree: '50GiB' }).magnitude({ fileSystem: space })).toEqual(
    expected,
  );
  expect(parsed('stress.disk', { path: '/tmp', size: '10GiB' }).magnitude()).toEqual({});
});

test('a file in memory counts as memory too', () => {
  const fileSystem = { ...space, type: 'tmpfs' };
  expect(parsed('stress.disk', { path: '/tmp', size: '10GiB' }).magnitude({ fileSystem })).toMatchObject({
    memoryBytes: 10 * 2 ** 30,
  });
});

test('reading and writing is judged by its rate and by the file that it needs', () => {
  expect(parsed('stress.io', { path: '/tmp', rate: '8MiB', size: '10GiB' }).magnitude({ fileSystem: space })).toEqual({
    ioBytesPerSecond: 8 * 2 ** 20,
    diskLeftBytes: 50 * 2 ** 30,
    diskPercent: 50,
  });
});

test('a share of what has no bound is no magnitude: the fault is refused when it is touched', () => {
  const { magnitude } = parsed('stress.fds', { percent: '10%' });
  expect(magnitude({ openFilesMax: 200_000 })).toEqual({ openFiles: 20_000 });
  expect(magnitude({ openFilesMax: Number.POSITIVE_INFINITY })).toEqual({});
});

test('tasks cost the memory that the kernel keeps for each', () => {
  expect(parsed('stress.pids', { percent: '50%' }).magnitude({ stressTasksMax: 4096 })).toEqual({
    tasks: 2048,
    memoryBytes: 2048 * 32 * 1024,
  });
});
