/** Whose stop it is, where a target is held by SIGSTOP: here the test itself is the holder. */
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { HeldTarget } from '../../agent/holders/holder-kernel.ts';
import { holdByStop } from '../../agent/holders/stop-hold.ts';
import { closePidfd, openPidfd } from '../../agent/host/native/pidfd.ts';
import { until } from './harness/until.ts';
import { startVictim, type Victim } from './harness/victim.ts';

let victim: Victim;
let target: HeldTarget;

beforeEach(async () => {
  victim = await startVictim('busy.mjs');
  target = { identity: victim.identity, pidfd: openPidfd(victim.identity.pid) };
});

afterEach(async () => {
  closePidfd(target.pidfd);
  await victim.stop();
});

const isStopped = (): boolean => victim.states().every((state) => state === 'T');

test('a process that runs is stopped, and runs on after the release', async () => {
  const hold = holdByStop(target);
  await until('it is stopped', isStopped);
  hold.release();
  await until('it runs on', () => !isStopped());
});

test('a process that somebody stopped after it was journalled is not held, and stays stopped', async () => {
  victim.signal('SIGSTOP');
  await until('it is stopped', isStopped);
  expect(() => holdByStop(target)).toThrow(/was stopped by somebody else after it was looked at/);
  expect(isStopped()).toBe(true);
});

test('a process that was stopped when it was journalled is sent nothing, and stays stopped after the release', async () => {
  victim.signal('SIGSTOP');
  await until('it is stopped', isStopped);
  holdByStop({ ...target, wasStopped: true }).release();
  expect(isStopped()).toBe(true);
});

test('a process that was stopped when it was journalled, and was set going since, is not held', () => {
  expect(() => holdByStop({ ...target, wasStopped: true })).toThrow(/was set going by somebody else/);
  expect(isStopped()).toBe(false);
});
