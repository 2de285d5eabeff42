import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { parseParameters } from '../../../../agent/faults/parameter.ts';
import { stressMemory } from '../../../../agent/faults/stress-memory.ts';
import type { JsonObject } from '../../../../proto/struct.ts';
import { fakeKernel } from './fake-kernel.ts';

const mebibyte = 2 ** 20;
const total = 4096 * mebibyte;

beforeEach(() => void vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] }));
afterEach(() => void vi.useRealTimers());

/** A host of 4 GiB of which others use a part, and a stressor on it. */
async function held(parameters: JsonObject, othersBytes: number, floorBytes = 0) {
  const state = { othersBytes, takenBytes: 0 };
  const available = () => total - state.othersBytes - state.takenBytes;
  const kernel = fakeKernel({
    hostMemory: () => ({ totalBytes: total, availableBytes: available() }),
    holdMemory(bytes) {
      state.takenBytes += bytes;
      const release = (): void => {
        state.takenBytes -= bytes;
      };
      return { bytes, release };
    },
  });
  const floors = { memoryBytes: floorBytes, diskBytes: 0, openFiles: 0, tasks: 0 };
  const parsed = parseParameters(stressMemory.parameters, parameters);
  stressMemory.check?.(parsed);
  const hold = await stressMemory.hold({ parameters: parsed, kernel, briefing: { floors } } as never);
  return { state, available, hold, later: () => vi.advanceTimersByTimeAsync(1000) };
}

test('all is taken but what is to be left', async () => {
  const { available } = await held({ untilFree: '1GiB' }, 1000 * mebibyte);
  expect(available()).toBe(1024 * mebibyte);
});

test('what others take is given back to them, and taken again when they are done', async () => {
  const { state, available, later } = await held({ untilFree: '1GiB' }, 0);
  state.othersBytes = 500 * mebibyte;
  await later();
  expect(Math.abs(available() - 1024 * mebibyte)).toBeLessThan(8 * mebibyte);
  state.othersBytes = 100 * mebibyte;
  await later();
  expect(Math.abs(available() - 1024 * mebibyte)).toBeLessThan(8 * mebibyte);
});

test('never more is taken than at first, whatever others leave', async () => {
  const { state, later } = await held({ untilFree: '1GiB' }, 2000 * mebibyte);
  expect(state.takenBytes).toBe(1072 * mebibyte);
  state.othersBytes = 0;
  await later();
  expect(state.takenBytes).toBe(1072 * mebibyte);
});

test('it ends, and does not only give way, when others cross the floor of the host', async () => {
  const { state, hold, later } = await held({ untilFree: '1GiB' }, 0, 512 * mebibyte);
  const ended = expect(hold.finished).rejects.toMatchObject({ reason: 'floor-crossed' });
  state.othersBytes = total - 100 * mebibyte;
  await later();
  await ended;
  expect(state.takenBytes).toBe(0);
});

test('what is to be left is not less than the floor', () => {
  const parsed = parseParameters(stressMemory.parameters, { untilFree: '128MiB' });
  expect(() => stressMemory.check?.(parsed)).toThrow(/must be at least leaveFree, which is 256MiB/);
});

test('a plan counts what is available now, and a fault that is there counts for all that it can have taken', () => {
  const parsed = parseParameters(stressMemory.parameters, { untilFree: '1GiB' });
  const host = { cpus: 2, memoryBytes: total };
  expect(stressMemory.magnitude(parsed, { ...host, memoryAvailableBytes: 1536 * mebibyte })).toEqual({
    memoryBytes: 512 * mebibyte,
  });
  expect(stressMemory.magnitude(parsed, host)).toEqual({ memoryBytes: 3072 * mebibyte });
});
