import { expect, test } from 'vitest';
import { type TurnHold, takeTurns } from '../../../../agent/faults/take-turns.ts';
import { HoldFailure } from '../../../../agent/holders/hold-failure.ts';
import type { HeldTarget, HolderKernel } from '../../../../agent/holders/holder-kernel.ts';
import { fakeKernel, fakeTarget } from './fake-kernel.ts';

/** Each seizing takes `seizeMs`; time passes only where the fault sleeps, and by a little with every look at the clock. */
function world(seizeMs: number) {
  let nowMs = 0;
  let heldSinceMs: number | undefined;
  const total = { heldMs: 0 };
  const forbidden = new Set<number>();
  const gone = new Set<number>();
  const held = new Set<number>();
  const kernel: HolderKernel = fakeKernel({
    bootMs: () => {
      nowMs += 0.01;
      return nowMs;
    },
    sleepMs: (ms) => {
      nowMs += ms;
    },
    cpuUse: () => ({ ranMs: nowMs, firstThreadRanMs: nowMs, firstThreadWaitedMs: 0 }),
    holdByPtrace(target: HeldTarget) {
      const { pid } = target.identity;
      if (forbidden.has(pid)) throw new HoldFailure('fault-unavailable', 'may not be traced');
      if (gone.has(pid)) throw new HoldFailure('target-gone', 'gone');
      nowMs += seizeMs;
      held.add(pid);
      heldSinceMs = nowMs;
      return {
        target,
        threadsHeld: 1,
        threadsNotHeld: 0,
        tend: () => held.has(pid) && !gone.has(pid),
        release() {
          held.delete(pid);
          if (heldSinceMs !== undefined) total.heldMs += nowMs - heldSinceMs;
          heldSinceMs = undefined;
        },
      };
    },
  });
  return { kernel, total, held, gone, forbidden, nowMs: () => nowMs };
}

test.each([
  [0.9, 2, 0],
  [0.5, 2, 0.3],
  [0.6, 2, 0.3],
])('a share of %d is kept over periods of %d ms when seizing takes %d ms', async (runShare, periodMs, seizeMs) => {
  const { kernel, total, nowMs } = world(seizeMs);
  const hold = takeTurns({ targets: [fakeTarget(7)], kernel, holdOne: turnBy(kernel), runShare, periodMs });
  while (nowMs() < 1000) await new Promise(setImmediate);
  await hold.release();
  expect(total.heldMs / nowMs()).toBeCloseTo(1 - runShare, 1.7);
  await hold.finished;
});

test('a release in the middle of a turn lets go at once', async () => {
  const { kernel, held } = world(0);
  const hold = takeTurns({
    targets: [fakeTarget(7), fakeTarget(8)],
    kernel,
    holdOne: turnBy(kernel),
    runShare: 0.5,
    periodMs: 1000,
  });
  expect(held.size).toBe(2);
  await hold.release(fakeTarget(8).identity);
  expect([...held]).toEqual([7]);
  await hold.release();
  expect(held.size).toBe(0);
  await hold.finished;
});

test('one target that may not be held lets the others go, and fails', () => {
  const { kernel, held, forbidden } = world(0);
  forbidden.add(8);
  const start = () =>
    takeTurns({
      targets: [fakeTarget(7), fakeTarget(8)],
      kernel,
      holdOne: turnBy(kernel),
      runShare: 0.5,
      periodMs: 10,
    });
  expect(start).toThrow('may not be traced');
  expect(held.size).toBe(0);
});

test('it is over when every target is gone', async () => {
  const { kernel, gone } = world(0);
  const hold = takeTurns({ targets: [fakeTarget(7)], kernel, holdOne: turnBy(kernel), runShare: 0.5, periodMs: 2 });
  gone.add(7);
  await hold.finished;
});

/** As `process.slow` holds where the kernel binds it. */
function turnBy(kernel: HolderKernel): (target: HeldTarget) => TurnHold {
  return (target) => {
    const hold = kernel.holdByPtrace(target);
    return { held: 'held', tend: () => hold.tend(), release: () => hold.release() };
  };
}
