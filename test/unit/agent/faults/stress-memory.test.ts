import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { parseParameters } from '../../../../agent/faults/parameter.ts';
import { stressMemory } from '../../../../agent/faults/stress-memory.ts';
import type { JsonObject } from '../../../../proto/struct.ts';
import { fakeKernel } from './fake-kernel.ts';

const mebibyte = 2 ** 20;

beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }));
afterEach(() => void vi.useRealTimers());

const parsed = (parameters: JsonObject) => {
  const values = parseParameters(stressMemory.parameters, parameters);
  stressMemory.check?.(values);
  return values;
};

/** A host of 1 GiB of which `othersBytes` are in use by others. */
function host(othersBytes: number) {
  const state = { othersBytes, takenBytes: 0, mostBytes: 0, least: Number.POSITIVE_INFINITY, onTaken: () => {} };
  const kernel = fakeKernel({
    hostMemory: () => ({
      totalBytes: 1024 * mebibyte,
      availableBytes: 1024 * mebibyte - state.othersBytes - state.takenBytes,
    }),
    holdMemory(bytes) {
      state.takenBytes += bytes;
      state.mostBytes = Math.max(state.mostBytes, state.takenBytes);
      state.least = Math.min(state.least, 1024 * mebibyte - state.othersBytes - state.takenBytes);
      state.onTaken();
      const release = (): void => {
        state.takenBytes -= bytes;
      };
      return { bytes, release };
    },
  });
  const hold = (parameters: JsonObject) => stressMemory.hold({ parameters: parsed(parameters), kernel } as never);
  return { state, hold };
}

test('exactly one of size and percent is asked for', () => {
  expect(() => parsed({})).toThrow(/exactly one/);
  expect(() => parsed({ size: '64MiB', percent: '10%' })).toThrow(/exactly one/);
  expect(parsed({ percent: '10%' }).percent).toBe(10);
});

test('it takes exactly what was asked, in size or in percent of the whole host', async () => {
  const one = host(0);
  await one.hold({ size: '100MiB' });
  expect(one.state.takenBytes).toBe(100 * mebibyte);
  const other = host(0);
  await other.hold({ percent: '50%' });
  expect(other.state.takenBytes).toBe(512 * mebibyte);
});

test('nothing is taken when the floor would be crossed', async () => {
  const { state, hold } = host(600 * mebibyte);
  await expect(hold({ size: '200MiB' })).rejects.toMatchObject({ reason: 'floor-crossed' });
  expect(state.mostBytes).toBe(0);
});

test('all is given back when others take memory in the middle, and the floor is not crossed by us', async () => {
  const { state, hold } = host(0);
  state.onTaken = () => {
    if (state.takenBytes >= 64 * mebibyte) state.othersBytes = 500 * mebibyte;
  };
  await expect(hold({ size: '512MiB', leaveFree: '256MiB' })).rejects.toMatchObject({ reason: 'floor-crossed' });
  expect(state.takenBytes).toBe(0);
  expect(state.least).toBeGreaterThanOrEqual(256 * mebibyte);
});

test('all is given back when others need it later', async () => {
  const { state, hold } = host(0);
  const { finished } = await hold({ size: '512MiB' });
  const ended = expect(finished).rejects.toMatchObject({ reason: 'floor-crossed' });
  state.othersBytes = 300 * mebibyte;
  await vi.advanceTimersByTimeAsync(1000);
  await ended;
  expect(state.takenBytes).toBe(0);
});

test('a release gives back everything, and twice is once', async () => {
  const { state, hold } = host(0);
  const held = await hold({ size: '64MiB' });
  await held.release();
  await held.release();
  expect(state.takenBytes).toBe(0);
});
