import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { parseParameters } from '../../../../agent/faults/parameter.ts';
import { processKill } from '../../../../agent/faults/process-kill.ts';
import { HoldFailure } from '../../../../agent/holders/hold-failure.ts';
import type { HeldTarget } from '../../../../agent/holders/holder-kernel.ts';
import type { JsonObject } from '../../../../proto/struct.ts';
import { fakeKernel, fakeTarget } from './fake-kernel.ts';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function killing(parameters: JsonObject, targets: readonly HeldTarget[] = [fakeTarget(10)]) {
  const sent: [number, number][] = [];
  const alive = new Set(targets.map(({ identity }) => identity.pid as number));
  let successorFrom = Number.POSITIVE_INFINITY;
  const kernel = fakeKernel({
    bootMs: () => Date.now(),
    isAlive: ({ identity }) => alive.has(identity.pid),
    likenessOf: ({ identity }) => ({ identity, parentPid: 1, name: 'worker', uid: 1, cmdline: ['worker'] }),
    successorOf: ({ identity }) => (Date.now() >= successorFrom ? identity : undefined),
    signal({ identity }, signal) {
      sent.push([identity.pid, signal]);
      return alive.has(identity.pid);
    },
  });
  const holding = processKill.hold({
    parameters: parseParameters(processKill.parameters, parameters) as never,
    targets,
    kernel,
  } as never);
  const succeedAt = (atMs: number): void => {
    successorFrom = atMs;
  };
  return { sent, alive, holding, kernel, succeedAt };
}

async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  const pending = Symbol('pending');
  return (await Promise.race([promise, Promise.resolve(pending)])) !== pending;
}

test('stop and continue signals are refused', () => {
  for (const signal of ['SIGSTOP', 'SIGTSTP', 'SIGTTIN', 'SIGTTOU', 'SIGCONT', 'SIGUSR1', '9', 9]) {
    expect(() => parseParameters(processKill.parameters, { signal })).toThrow(/parameters.signal/);
  }
});

test('SIGKILL follows after the grace, to those that still live', async () => {
  const { sent, alive, holding } = killing({ grace: '2s' }, [fakeTarget(10), fakeTarget(11)]);
  await holding;
  alive.delete(10);
  await vi.advanceTimersByTimeAsync(1990);
  expect(sent.slice(2)).toEqual([
    [10, 15],
    [11, 15],
  ]);
  await vi.advanceTimersByTimeAsync(50);
  expect(sent).toContainEqual([11, 9]);
});

test('with a grace of nothing, SIGKILL never follows', async () => {
  const { sent, holding } = killing({ grace: '0s' });
  await holding;
  await vi.advanceTimersByTimeAsync(1_000_000);
  expect(sent.map(([, signal]) => signal)).toEqual([0, 15]);
});

test('a release gives the SIGKILL up', async () => {
  const { sent, holding } = killing({ grace: '1s' });
  (await holding).release();
  await vi.advanceTimersByTimeAsync(5000);
  expect(sent.map(([, signal]) => signal)).toEqual([0, 15]);
});

test('one that may not be signalled saves all the others', async () => {
  const targets = [fakeTarget(10), fakeTarget(11)];
  const hit: number[] = [];
  const kernel = fakeKernel({
    signal({ identity }, signal) {
      if (signal !== 0) hit.push(identity.pid);
      if (identity.pid === 11) throw new HoldFailure('fault-unavailable', 'EPERM');
      return true;
    },
  });
  const parameters = parseParameters(processKill.parameters, {}) as never;
  await expect(processKill.hold({ parameters, targets, kernel } as never)).rejects.toThrow('EPERM');
  expect(hit).toEqual([]);
});

test('it is over when every target is dead', async () => {
  const { alive, holding } = killing({}, [fakeTarget(10), fakeTarget(11)]);
  const { finished } = await holding;
  alive.delete(10);
  await vi.advanceTimersByTimeAsync(100);
  expect(await isSettled(finished)).toBe(false);
  alive.delete(11);
  await vi.advanceTimersByTimeAsync(100);
  expect(await isSettled(finished)).toBe(true);
});

test('with respawnWithin it is over when a successor is seen, or the time is', async () => {
  const seen = killing({ respawnWithin: '10s' });
  const unseen = killing({ respawnWithin: '10s' });
  const holds = [await seen.holding, await unseen.holding] as const;
  seen.succeedAt(Date.now() + 3000);
  for (const { alive } of [seen, unseen]) alive.clear();
  await vi.advanceTimersByTimeAsync(2500);
  expect(await isSettled(holds[0].finished)).toBe(false);
  await vi.advanceTimersByTimeAsync(1500);
  expect(await isSettled(holds[0].finished)).toBe(true);
  expect(await isSettled(holds[1].finished)).toBe(false);
  await vi.advanceTimersByTimeAsync(7000);
  expect(await isSettled(holds[1].finished)).toBe(true);
});
