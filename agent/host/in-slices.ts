/** Long synchronous work in short pieces, so that the event loop keeps renewing and restoring in between. */
import { setImmediate as nextEvent } from 'node:timers/promises';

export interface Slices {
  readonly stepsMax: number;
  /** Looked at after each step: one step is the least that a slice does. */
  readonly sliceMs: number;
  /** For the whole work. */
  readonly deadlineMs: number;
}

export const defaultSlices: Slices = { stepsMax: 200, sliceMs: 2, deadlineMs: 10_000 };

/** When the next slice may begin. */
let lastTurn: Promise<void> = Promise.resolve();

/** Takes every step. @returns what the work returns. @throws Error when it is not done at the deadline. */
export async function inSlices<Result>(
  work: Iterator<unknown, Result>,
  slices: Slices = defaultSlices,
): Promise<Result> {
  const startedAtMs = performance.now();
  await nextTurn();
  let sliceStartedAtMs = performance.now();
  let stepsInSlice = 0;
  for (;;) {
    const step = work.next();
    if (step.done) return step.value;
    stepsInSlice += 1;
    const nowMs = performance.now();
    if (nowMs - startedAtMs > slices.deadlineMs) {
      // What it holds open is closed.
      work.return?.();
      throw new Error(`not done after ${slices.deadlineMs} ms`);
    }
    if (stepsInSlice < slices.stepsMax && nowMs - sliceStartedAtMs < slices.sliceMs) continue;
    await nextTurn();
    sliceStartedAtMs = performance.now();
    stepsInSlice = 0;
  }
}

/** One slice in each turn of the event loop, whoever asks: a hundred listings at once hold it up no longer than one does. */
function nextTurn(): Promise<void> {
  lastTurn = lastTurn.then(() => nextEvent());
  return lastTurn;
}
