import { expect, test } from 'vitest';
import { meterRun } from '../../../../agent/faults/run-meter.ts';
import type { CpuUse } from '../../../../agent/holders/holder-kernel.ts';
import { fakeKernel, fakeTarget } from './fake-kernel.ts';

const target = fakeTarget(7);
const untouched: CpuUse = { ranMs: 1000, firstThreadRanMs: 500, firstThreadWaitedMs: 70 };

/** A turn of ten milliseconds, the stop asked for at its eighth; what the target has used by then, and when it stands. */
function turn(asked: Partial<CpuUse>, held: Partial<CpuUse>) {
  let nowMs = 100;
  let used = untouched;
  const kernel = fakeKernel({ bootMs: () => nowMs, cpuUse: () => used });
  const meter = meterRun([target], kernel);
  const since = (part: Partial<CpuUse>): CpuUse => ({
    ranMs: untouched.ranMs + (part.ranMs ?? 0),
    firstThreadRanMs: untouched.firstThreadRanMs + (part.firstThreadRanMs ?? 0),
    firstThreadWaitedMs: untouched.firstThreadWaitedMs + (part.firstThreadWaitedMs ?? 0),
  });
  nowMs = 108;
  used = since(asked);
  meter.stopAsked();
  nowMs = 110;
  used = since(held);
  return meter.held();
}

test('a target that sleeps could run until it was asked to stop', () => {
  expect(turn({}, {})).toEqual({ heldSinceMs: 108, ranMs: 8 });
});

test('one thread that never sleeps stopped when it had run for so long, whenever the holder heard of it', () => {
  const { heldSinceMs, ranMs } = turn({ ranMs: 8, firstThreadRanMs: 8 }, { ranMs: 9, firstThreadRanMs: 9 });
  expect(heldSinceMs).toBeCloseTo(109);
  expect(ranMs).toBeCloseTo(9);
});

test('other threads stopped when they had run for so long, at the speed that they had before', () => {
  const { heldSinceMs, ranMs } = turn({ ranMs: 16 }, { ranMs: 18 });
  expect(heldSinceMs).toBeCloseTo(109);
  expect(ranMs).toBeCloseTo(9);
});

test('to be woken is no time to run', () => {
  const asked = { ranMs: 7.95, firstThreadRanMs: 7.95, firstThreadWaitedMs: 0.05 };
  const { heldSinceMs, ranMs } = turn(asked, asked);
  expect(heldSinceMs).toBeCloseTo(108);
  expect(ranMs).toBeCloseTo(7.95);
});

test('of a target that is busy all the time, what it did not run of its turn is no time to run', () => {
  const { ranMs } = turn({ ranMs: 7.7, firstThreadRanMs: 7.7 }, { ranMs: 7.7, firstThreadRanMs: 7.7 });
  expect(ranMs).toBeCloseTo(7.7);
});

test('of a turn that others cut short for longer than an idle host takes to wake a target, only so much', () => {
  const { ranMs } = turn({ ranMs: 6, firstThreadRanMs: 6 }, { ranMs: 6, firstThreadRanMs: 6 });
  expect(ranMs).toBeCloseTo(7.5);
});

test('what others on the host take away is not made up for', () => {
  const asked = { ranMs: 2, firstThreadRanMs: 2, firstThreadWaitedMs: 6 };
  expect(turn(asked, asked).ranMs).toBeCloseTo(7.9);
});

test('a turn without length, of targets that end in it, counts for nothing', () => {
  const kernel = fakeKernel({
    bootMs: () => 100,
    cpuUse: ({ identity }) => (identity.pid === 7 ? untouched : undefined),
  });
  const meter = meterRun([target, fakeTarget(8)], kernel);
  meter.stopAsked();
  expect(meter.held()).toEqual({ heldSinceMs: 100, ranMs: 0 });
});
