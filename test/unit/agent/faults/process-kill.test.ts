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
    successorsOf: ({ identity }) => (Date.now() >= successorFrom ? [identity] : []),
    signal({ identity }, signal) {
      sent.push([identity.pid, signal]);
      return alive.has(identity.pid);
    },
  });
  const holding = processKill.hold({
    parameters: parseParameters(processKill.parameters, parameters) as never,
    targets,
    kernel,
    briefing: {},
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
  await expect(processKill.hold({ parameters, targets, kernel, briefing: {} } as never)).rejects.toThrow('EPERM');
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

/** A supervisor that starts another process in the place of each that ends, as long as the test lets it. */
function supervised(parameters: JsonObject, protectedPids: readonly number[] = []) {
  const alive = new Map<number, number>([
    [10, 0],
    [11, 0],
  ]);
  const killed: number[] = [];
  let nextPid = 100;
  const identityOf = (pid: number, startedAtMs: number) => ({
    ...fakeTarget(pid).identity,
    startTimeTicks: Math.floor(startedAtMs / 10),
  });
  const kernel = fakeKernel({
    bootMs: () => Date.now(),
    isAlive: ({ identity }) => alive.has(identity.pid),
    likenessOf: ({ identity }) => ({ identity, parentPid: 1, name: 'worker', uid: 1, cmdline: ['worker'] }),
    successorsOf: ({ identity }, notBeforeBootMs) =>
      [...alive]
        .filter(([pid, startedAtMs]) => startedAtMs >= notBeforeBootMs && pid !== identity.pid)
        .map(([pid, startedAtMs]) => identityOf(pid, startedAtMs)),
    open: (identity) => ({ identity, pidfd: identity.pid }),
    close: () => {},
    protectedAmong: async (identities) =>
      identities
        .filter(({ pid }) => protectedPids.includes(pid))
        .map((identity) => ({ identity, reasons: ['it is the agent'] })),
    signal({ identity }, signal) {
      if (signal === 0 || !alive.delete(identity.pid)) return alive.has(identity.pid);
      killed.push(identity.pid);
      setTimeout(() => alive.set(nextPid++, Date.now()), 50);
      return true;
    },
  });
  const guard = { agentPid: 1, protect: { names: [], users: [], units: [], ports: [] } };
  const holding = processKill.hold({
    parameters: parseParameters(processKill.parameters, parameters) as never,
    targets: [fakeTarget(10), fakeTarget(11)],
    kernel,
    briefing: { guard },
  } as never);
  return { holding, killed, alive };
}

test('with keepKilling, what takes the place of a target is ended too, each once, until the time is over', async () => {
  const { holding, killed, alive } = supervised({ keepKilling: '3s' });
  const { finished } = await holding;
  await vi.advanceTimersByTimeAsync(2500);
  expect(killed.length).toBeGreaterThan(6);
  expect(new Set(killed).size).toBe(killed.length);
  expect(await isSettled(finished)).toBe(false);
  await vi.advanceTimersByTimeAsync(2500);
  expect(await isSettled(finished)).toBe(true);
  expect(alive.size).toBe(2);
  const before = killed.length;
  await vi.advanceTimersByTimeAsync(5000);
  expect(killed.length).toBe(before);
});

test('with keepKilling, a release leaves what comes next alone', async () => {
  const { holding, killed } = supervised({ keepKilling: '60s' });
  (await holding).release();
  const before = killed.length;
  await vi.advanceTimersByTimeAsync(5000);
  expect(killed.length).toBe(before);
});

test('with keepKilling, what takes a place and is protected ends the killing, and is not touched', async () => {
  const { holding, killed } = supervised({ keepKilling: '60s' }, [100]);
  const ended = (await holding).finished.catch((error: Error) => error.message);
  await vi.advanceTimersByTimeAsync(5000);
  expect(await ended).toBe('process 100 is protected: it is the agent');
  expect(killed).not.toContain(100);
});

test('one that has become protected saves all the others', async () => {
  const { holding, killed } = supervised({}, [11]);
  await expect(holding).rejects.toThrow('process 11 is protected: it is the agent');
  expect(killed).toEqual([]);
});

test('a member of the tree that was not planned saves the whole tree', async () => {
  const hit: number[] = [];
  const kernel = fakeKernel({
    treeOf: () => [fakeTarget(11).identity, fakeTarget(12).identity],
    signal({ identity }, signal) {
      if (signal !== 0) hit.push(identity.pid);
      return true;
    },
  });
  const parameters = parseParameters(processKill.parameters, { tree: true }) as never;
  const targets = [fakeTarget(10), fakeTarget(11)];
  await expect(processKill.hold({ parameters, targets, kernel, briefing: {} } as never)).rejects.toThrow(
    'process 12 descends from a target and was not planned',
  );
  expect(hit).toEqual([]);
});

test('a tree is ended once, and not kept from coming back', () => {
  const parameters = parseParameters(processKill.parameters, { tree: true, keepKilling: '5s' });
  expect(() => processKill.check?.(parameters)).toThrow('must not be set together with tree');
});
