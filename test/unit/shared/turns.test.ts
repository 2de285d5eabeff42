import { expect, test, vi } from 'vitest';
import { createTurns } from '../../../shared/turns.ts';

test('tasks run one after the other, also after one that failed', async () => {
  const takeTurn = createTurns(1000);
  const order: string[] = [];
  const task = (name: string) =>
    takeTurn(name, async () => {
      order.push(`${name} begins`);
      await Promise.resolve();
      order.push(`${name} ends`);
      if (name === 'two') throw new Error('two failed');
      return name;
    });
  const [one, two, three] = await Promise.allSettled([task('one'), task('two'), task('three')]);
  expect([one?.status, two?.status, three?.status]).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(order).toEqual(['one begins', 'one ends', 'two begins', 'two ends', 'three begins', 'three ends']);
});

test('a task that hangs is told at its deadline, and the next one does not overtake it', async () => {
  vi.useFakeTimers();
  try {
    const takeTurn = createTurns(2000);
    let end = () => {};
    const hanging = takeTurn('the write', () => new Promise<void>((resolve) => (end = resolve)));
    const next = vi.fn(async () => 'done');
    const later = takeTurn('the next write', next);
    const told = Promise.allSettled([hanging, later]);
    await vi.advanceTimersByTimeAsync(2000);
    expect(await told).toMatchObject([
      { reason: { message: 'the write took longer than 2000 ms' } },
      { reason: { message: 'the next write took longer than 2000 ms' } },
    ]);
    expect(next).not.toHaveBeenCalled();
    end();
    await vi.waitFor(() => expect(next).toHaveBeenCalledOnce());
  } finally {
    vi.useRealTimers();
  }
});
