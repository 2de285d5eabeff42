/** Waiting for a condition, with a deadline. */
import { setTimeout as wait } from 'node:timers/promises';
import { pauseAfterLookMs } from '../../rig/until.ts';

/** @returns the first value that is not undefined or false. @throws Error after the deadline, which names what was awaited. */
export async function until<Value>(
  what: string,
  condition: () => Value | undefined | false,
  withinMs = 5000,
  everyMs = 1,
): Promise<Value> {
  const startedAtMs = performance.now();
  for (;;) {
    const fromMs = performance.now();
    const value = condition();
    if (value !== undefined && value !== false) return value;
    const nowMs = performance.now();
    if (nowMs - startedAtMs > withinMs) throw new Error(`not within ${withinMs} ms: ${what}`);
    await wait(pauseAfterLookMs(nowMs - fromMs, everyMs));
  }
}
