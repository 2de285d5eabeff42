/** Waiting for a condition, never for a time. */

/** @throws Error that names the condition when it does not come true in time. */
export async function until<Value>(
  what: string,
  condition: () => Value | undefined | false | Promise<Value | undefined | false>,
  withinMs = 30_000,
): Promise<Value> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    const value = await condition();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > deadline) throw new Error(`${what}: not within ${withinMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
