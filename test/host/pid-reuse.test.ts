/**
 * A pid that is given to another process while Leash still knows it: forced by ns_last_pid (proc_sys_kernel(5)) in a PID
 * namespace of the test's own. The new process is looked at before and after: nobody signalled, stopped, traced or even
 * woke it.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { describe, expect } from 'vitest';
import { unlessUnprivileged } from '../rig/requirement.ts';
import { reusedPidProgram } from './harness/build.ts';
import type { Seen } from './harness/reused-pid.ts';

const rootOnly = unlessUnprivileged();
const stopped = { state: 'T', tracerPid: 0, pendingSignals: '0'.repeat(32) };

async function play(scenario: string): Promise<Seen> {
  const args = ['--pid', '--fork', '--kill-child', '--mount-proc', process.execPath, reusedPidProgram(), scenario];
  const { stdout } = await promisify(execFile)('unshare', args, { timeout: 50_000 });
  const seen = JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Seen;
  expect(seen.isSamePid).toBe(true);
  expect(seen.after).toEqual(seen.before);
  return seen;
}

describe('a process with the pid of a target that is gone is not touched', () => {
  for (const kind of ['inject', 'kill']) {
    rootOnly(`by ${kind === 'kill' ? 'a kill' : 'a pause'} that was planned before, which is refused`, async () => {
      const { before, said } = await play(kind);
      expect(before).toMatchObject(stopped);
      expect(said).toEqual([expect.stringMatching(/is another one now: the planned one started at tick/)]);
    });
  }

  for (const scenario of ['restore', 'restore-journal']) {
    const binding = scenario === 'restore' ? 'kernel' : 'journal';
    rootOnly(`by the restore of a pause that the ${binding} binds, whose other target runs again`, async () => {
      const { before, said, isOtherRunning } = await play(scenario);
      expect(before).toMatchObject(stopped);
      expect(said).toEqual(['first: outcome 2', 'other: outcome 1']);
      expect(isOtherRunning).toBe(true);
    });
  }

  for (const scenario of ['next-turn', 'next-turn-journal']) {
    const binding = scenario === 'next-turn' ? 'kernel' : 'journal';
    rootOnly(`by the next turns of a slow-down that the ${binding} binds, nor by its restore`, async () => {
      const { before, said, isOtherRunning } = await play(scenario);
      expect(before).toMatchObject(stopped);
      expect(said).toEqual(['first: outcome 2', 'other: outcome 1']);
      expect(isOtherRunning).toBe(true);
    });
  }

  rootOnly('by the replay of the journal after a crash, which lets the other target run', async () => {
    const { before, said, wasOtherHeld, isOtherRunning } = await play('replay');
    expect(before).toMatchObject(stopped);
    expect([wasOtherHeld, isOtherRunning]).toEqual([true, true]);
    expect(said).toEqual([expect.stringContaining('first: gone'), expect.stringContaining('other: restored')]);
  });

  rootOnly('by the replay of the journal at the start of the next agent', async () => {
    const { before, wasOtherHeld, isOtherRunning } = await play('replay-by-agent');
    expect(before).toMatchObject(stopped);
    expect([wasOtherHeld, isOtherRunning]).toEqual([true, true]);
  });

  rootOnly('by a holder, also when it has the same start time to the tick', async () => {
    const { isSameTick, said } = await play('same-tick');
    expect(isSameTick).toBe(true);
    expect(said).toEqual(['target-gone', 'target-gone', 'signalled: false']);
  });
});
