import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createKeptCopy } from '../../../../agent/store/kept-copy.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

/** A place whose writes end when the test says so. */
function aPlace() {
  const begun: { readonly content: string; end(error?: Error): void }[] = [];
  const there: string[] = [];
  const copy = createKeptCopy<string>({
    task: 'writing',
    deadlineMs: 2000,
    write: (content) =>
      new Promise((resolve, reject) => {
        begun.push({ content, end: (error) => (error ? reject(error) : resolve()) });
      }),
    onThere: (content) => void there.push(content),
  });
  return { copy, begun, there, contents: () => begun.map(({ content }) => content) };
}

test('a write that fails is tried again until it succeeds', async () => {
  const { copy, begun, there, contents } = aPlace();
  const put = copy.put('one');
  begun[0]?.end(new Error('EIO'));
  await expect(put).rejects.toThrow('EIO');
  expect(copy.content()).toBeUndefined();
  await vi.advanceTimersByTimeAsync(1000);
  begun[1]?.end(new Error('EIO'));
  await vi.advanceTimersByTimeAsync(1000);
  begun[2]?.end();
  await vi.advanceTimersByTimeAsync(0);
  expect(contents()).toEqual(['one', 'one', 'one']);
  expect(copy.content()).toBe('one');
  expect(there).toEqual(['one']);
  await vi.advanceTimersByTimeAsync(60_000);
  expect(begun).toHaveLength(3);
});

test('a write that hangs is given up on at the deadline, and counts when it ends after all', async () => {
  const { copy, begun } = aPlace();
  const put = copy.put('one').catch((error: Error) => error.message);
  await vi.advanceTimersByTimeAsync(2000);
  expect(await put).toBe('writing took longer than 2000 ms');
  await vi.advanceTimersByTimeAsync(60_000);
  expect(begun).toHaveLength(1);
  begun[0]?.end();
  await vi.advanceTimersByTimeAsync(0);
  expect(copy.content()).toBe('one');
});

test('what is wanted meanwhile gathers no queue: the newest is written next, and those before it are answered by it', async () => {
  const { copy, begun, there, contents } = aPlace();
  const puts = ['one', 'two', 'three'].map((content) => copy.put(content));
  begun[0]?.end();
  await vi.advanceTimersByTimeAsync(0);
  expect(contents()).toEqual(['one', 'three']);
  begun[1]?.end();
  await Promise.all(puts);
  expect(copy.content()).toBe('three');
  expect(there).toEqual(['three']);
});

test('a newer content does not wait for the pause after a failure', async () => {
  const { copy, begun, contents } = aPlace();
  const first = copy.put('one').catch(() => undefined);
  begun[0]?.end(new Error('EIO'));
  await first;
  void copy.put('two');
  expect(contents()).toEqual(['one', 'two']);
});

test('one that is closed tries no more', async () => {
  const { copy, begun } = aPlace();
  const put = copy.put('one').catch(() => undefined);
  begun[0]?.end(new Error('EIO'));
  await put;
  copy.close();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(begun).toHaveLength(1);
});
