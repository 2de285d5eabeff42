/** Waiting for a condition, never for a time. */

const pauseMaxMs = 250;

/**
 * A look that takes long, such as a command that is run, is taken after twice as long: whoever waits leaves the machine
 * to those that are waited for.
 */
export function pauseAfterLookMs(lookMs: number, leastMs: number): number {
  return Math.max(leastMs, Math.min(2 * lookMs, pauseMaxMs));
}

/** @throws Error that names the condition when it does not come true in time. */
export async function until<Value>(
  what: string,
  condition: () => Value | undefined | false | Promise<Value | undefined | false>,
  withinMs = 30_000,
): Promise<Value> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const fromMs = performance.now();
    const value = await condition();
    if (value !== undefined && value !== false) return value;
    const nowMs = performance.now();
    if (nowMs > deadline) throw new Error(`${what}: not within ${withinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, pauseAfterLookMs(nowMs - fromMs, 2)));
  }
}
