/** Waiting for a condition on the host, never without a deadline. */

/** Asks as often as the event loop allows, since milliseconds are what is measured. @throws Error that names the condition. */
export async function within(
  deadlineMs: number,
  what: string,
  condition: () => boolean | Promise<boolean>,
): Promise<void> {
  const endsAtMs = performance.now() + deadlineMs;
  while (!(await condition())) {
    if (performance.now() > endsAtMs) throw new Error(`not within ${deadlineMs} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
