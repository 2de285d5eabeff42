/** Long synchronous work in short pieces, so that the event loop keeps renewing and restoring in between. */
import { setImmediate as nextTurn } from 'node:timers/promises';

export interface Slices {
  readonly stepsMax: number;
  /** Looked at after each step: one step is the least that a slice does. */
  readonly sliceMs: number;
  /** For the whole work. */
  readonly deadlineMs: number;
}

export const defaultSlices: Slices = { stepsMax: 200, sliceMs: 8, deadlineMs: 10_000 };

/** Takes every step. @throws Error when the work is not done at the deadline. */
export async function inSlices<Value>(steps: Iterable<Value>, slices: Slices = defaultSlices): Promise<Value[]> {
  const values: Value[] = [];
  const startedAtMs = performance.now();
  let sliceStartedAtMs = startedAtMs;
  let stepsInSlice = 0;
  for (const value of steps) {
    values.push(value);
    stepsInSlice += 1;
    const nowMs = performance.now();
    if (nowMs - startedAtMs > slices.deadlineMs) throw new Error(`not done after ${slices.deadlineMs} ms`);
    if (stepsInSlice < slices.stepsMax && nowMs - sliceStartedAtMs < slices.sliceMs) continue;
    await nextTurn();
    sliceStartedAtMs = performance.now();
    stepsInSlice = 0;
  }
  return values;
}
