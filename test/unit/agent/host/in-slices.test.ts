import { expect, test } from 'vitest';
import { inSlices } from '../../../../agent/host/in-slices.ts';

function* steps(count: number, eachMs = 0, taken: number[] = []): Generator<void, readonly number[]> {
  for (let step = 0; step < count; step += 1) {
    const untilMs = performance.now() + eachMs;
    while (performance.now() < untilMs);
    taken.push(step);
    yield;
  }
  return taken;
}

async function turnsDuring(work: Promise<unknown>): Promise<number> {
  let turns = 0;
  let isDone = false;
  const count = () => {
    turns += 1;
    if (!isDone) setImmediate(count);
  };
  setImmediate(count);
  await work;
  isDone = true;
  return turns;
}

test('every step is taken, in order, and what the work returns is handed on', async () => {
  expect(await inSlices(steps(1000))).toEqual(Array.from({ length: 1000 }, (_, step) => step));
  expect(await inSlices(steps(0))).toEqual([]);
});

test('slow steps make short slices', async () => {
  const slices = { stepsMax: 200, sliceMs: 5, deadlineMs: 10_000 };
  expect(await turnsDuring(inSlices(steps(10, 6), slices))).toBeGreaterThanOrEqual(8);
});

test('work that is not done at its deadline is given up', async () => {
  const slices = { stepsMax: 200, sliceMs: 5, deadlineMs: 20 };
  await expect(inSlices(steps(1000, 1), slices)).rejects.toThrow('not done after 20 ms');
});

test('work that is given up closes what it has open', async () => {
  let isOpen = true;
  function* holding(): Generator<void, void> {
    try {
      yield* steps(1000, 1);
    } finally {
      isOpen = false;
    }
  }
  await expect(inSlices(holding(), { stepsMax: 200, sliceMs: 5, deadlineMs: 20 })).rejects.toThrow('not done');
  expect(isOpen).toBe(false);
});

test('of many works at once, one takes a slice in each turn of the event loop, and all are done', async () => {
  const slices = { stepsMax: 10, sliceMs: 1000, deadlineMs: 10_000 };
  const taken: number[] = [];
  const work = Promise.all(Array.from({ length: 8 }, () => inSlices(steps(20, 0, taken), slices)));
  let most = 0;
  let before = 0;
  let isDone = false;
  const count = () => {
    most = Math.max(most, taken.length - before);
    before = taken.length;
    if (!isDone) setImmediate(count);
  };
  setImmediate(count);
  await work;
  isDone = true;
  expect(taken).toHaveLength(160);
  expect(most).toBeLessThanOrEqual(10);
});
