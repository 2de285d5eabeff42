/**
 * Ends a turn as Node does: whatever promises are ready run, and what they make ready; then Node tells of each rejection
 * that nobody waits for by now. To wait for a turn of the event loop after each of a million events would cost a hundred
 * times as much.
 */
const endTurn = (process as unknown as { readonly _tickCallback: () => void })._tickCallback;

/** Call it from a callback of the event loop, never from a promise: within one it does nothing. */
export function runMicrotasks(): void {
  endTurn();
}

/** @throws Error where it does not work, so that no simulation passes because nothing happened in it. */
export function checkMicrotasks(): void {
  let steps = 0;
  const told: unknown[] = [];
  const hear = (error: unknown): void => void told.push(error);
  void Promise.resolve()
    .then(() => steps++)
    .then(() => steps++);
  const late = new Error('nobody waits for it yet');
  void Promise.reject(late);
  process.on('unhandledRejection', hear);
  runMicrotasks();
  process.off('unhandledRejection', hear);
  if (steps !== 2) throw new Error('promises do not run when they are told to');
  if (told[0] !== late) throw new Error('a rejection that nobody waits for is not told');
}
