/** The rare instants of a ptrace hold, made to happen: here the test itself is the tracer. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { HeldTarget } from '../../agent/holders/holder-kernel.ts';
import { holdByPtrace } from '../../agent/holders/ptrace-hold.ts';
import { readThreadStatus } from '../../agent/holders/thread-status.ts';
import { closePidfd, openPidfd } from '../../agent/host/native/pidfd.ts';
import { detach, eventClone, eventMessage, seize } from '../../agent/host/native/ptrace.ts';
import { lookAtTracee, reap } from '../../agent/host/native/wait.ts';
import { bootMs } from './harness/agent.ts';
import { until } from './harness/until.ts';
import { type StampingVictim, startGrandchild, startStampingVictim, type Victim } from './harness/victim.ts';

const signalUser1 = 10;
let opened: number[] = [];

beforeEach(() => {
  opened = [];
});

afterEach(() => {
  for (const pidfd of opened) closePidfd(pidfd);
});

function targetOf({ identity }: Victim): HeldTarget {
  const pidfd = openPidfd(identity.pid);
  opened.push(pidfd);
  return { identity, pidfd };
}

/** @returns how many signals another thread of it took first, which the kernel may prefer. */
async function stopBySignal(victim: StampingVictim): Promise<number> {
  for (let sent = 0; ; sent++) {
    victim.signal('SIGUSR1');
    const { pid } = victim.identity;
    await until('the signal arrives', () => lookAtTracee(pid).kind === 'stopped' || victim.signalsReceived() > sent);
    if (lookAtTracee(pid).kind === 'stopped') return sent;
  }
}

test('looking at a thread that is about to receive a signal takes nothing from it, and neither does reaping', async () => {
  const victim = await startStampingVictim({ threads: 1, start: startGrandchild });
  const { pid } = victim.identity;
  seize(pid);
  const taken = await stopBySignal(victim);
  for (let look = 0; look < 5; look++) {
    expect(lookAtTracee(pid)).toEqual({ kind: 'stopped', signal: signalUser1, event: 0 });
    expect(reap(pid)).toBe(false);
  }
  detach(pid, signalUser1);
  await until('the signal is counted', () => victim.signalsReceived() === taken + 1);
  await victim.stop();
});

test('a hold that finds a thread about to receive a signal delivers it with the release', async () => {
  const victim = await startStampingVictim({ threads: 1, start: startGrandchild });
  const { pid } = victim.identity;
  seize(pid);
  const taken = await stopBySignal(victim);
  const hold = holdByPtrace(targetOf(victim), bootMs);
  expect(hold.threadsNotHeld).toBe(0);
  for (let times = 0; times < 5; times++) expect(hold.tend()).toBe(true);
  expect(victim.signalsReceived()).toBe(taken);
  hold.release();
  expect(hold.tend()).toBe(false);
  await until('the signal is counted', () => victim.signalsReceived() === taken + 1);
  await victim.stop();
});

test('a process that the target cloned just before is let go at once', async () => {
  const victim = await startGrandchild('strangers.mjs');
  const { pid } = victim.identity;
  seize(pid);
  await until('it has cloned', () => {
    const seen = lookAtTracee(pid);
    return seen.kind === 'stopped' && seen.event === eventClone;
  });
  const stranger = eventMessage(pid);
  expect(readThreadStatus(stranger)).toMatchObject({ threadGroup: stranger, tracerPid: process.pid });
  const hold = holdByPtrace(targetOf(victim), bootMs);
  await until('the stranger is not traced', () => {
    hold.tend();
    return readThreadStatus(stranger)?.tracerPid !== process.pid;
  });
  expect(new Set(victim.states())).toEqual(new Set(['t']));
  hold.release();
  await until('it runs', () => !victim.states().includes('t'));
  await victim.stop();
});

test('a hold of a process that is gone, and of one that has become another, is refused and leaves nothing traced', async () => {
  const [victim, other] = await Promise.all([startGrandchild('busy.mjs'), startGrandchild('busy.mjs')]);
  const gone = targetOf(victim);
  await victim.stop();
  expect(() => holdByPtrace(gone, bootMs)).toThrow(/is gone/);
  // As if the pid had been given to another process meanwhile: the pidfd tells.
  expect(() => holdByPtrace({ ...gone, identity: other.identity }, bootMs)).toThrow(/is gone/);
  await until('the other one runs', () => !other.states().includes('t'));
  expect(readThreadStatus(other.identity.pid)?.tracerPid).toBe(0);
  await other.stop();
});
