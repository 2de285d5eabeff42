import type { Clock } from './ports.ts';

/** @returns whether it was over in time; it goes on all the same. @throws what it throws in time. */
export function within(clock: Pick<Clock, 'after'>, ms: number, work: Promise<unknown>): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const cancel = clock.after(ms, () => resolve(false));
    const settle = (outcome: () => void): void => {
      cancel();
      outcome();
    };
    work.then(
      () => settle(() => resolve(true)),
      (error: unknown) => settle(() => reject(error)),
    );
  });
}
