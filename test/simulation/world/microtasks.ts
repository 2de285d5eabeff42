/**
 * Runs whatever promises are ready, and what they make ready, before it returns. The engine's own checkpoint does it:
 * to wait for a turn of the event loop after each of a million events would cost a hundred times as much.
 */
import { setFlagsFromString } from 'node:v8';

setFlagsFromString('--allow-natives-syntax');
const checkpoint = new Function('%PerformMicrotaskCheckpoint()') as () => void;

/** Call it from a callback of the event loop, never from a promise: within one the checkpoint does nothing. */
export function runMicrotasks(): void {
  checkpoint();
}

/** @throws Error where the checkpoint does not work, so that no simulation passes because nothing happened in it. */
export function checkMicrotasks(): void {
  let steps = 0;
  void Promise.resolve()
    .then(() => steps++)
    .then(() => steps++);
  checkpoint();
  if (steps !== 2) throw new Error('promises do not run when they are told to');
}
