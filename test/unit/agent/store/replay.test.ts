import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { continueProcess } from '../../../../agent/host/continue-process.ts';
import { createProcessReader } from '../../../../agent/host/process-table.ts';
import { type Journal, openJournal } from '../../../../agent/store/journal.ts';
import type { JournalRecord } from '../../../../agent/store/journal-record.ts';
import { type ContinueProcess, replayJournal } from '../../../../agent/store/replay.ts';
import { type ProcessIdentity, parsePid } from '../../../../proto/identity.ts';
import { faultFacts } from '../core/world.ts';
import { makeDirectory, type TestDirectory } from './directory.ts';

let directory: TestDirectory;
let journal: Journal;
beforeEach(async () => {
  directory = makeDirectory();
  journal = await openJournal(directory.path);
});
afterEach(async () => {
  await journal.close();
  directory.remove();
});

const [one, two] = [100, 200].map((pid) => ({ bootId: 'boot', pid: parsePid(pid), startTimeTicks: 7 })) as [
  ProcessIdentity,
  ProcessIdentity,
];

function recordOf(faultId: string, undo: JournalRecord['undo']): JournalRecord {
  return {
    facts: faultFacts({ faultId, binding: 'journal', targets: [one, two] }),
    lease: { expiresAtBootMs: 1, hardDeadlineBootMs: 2 },
    undo,
    state: 'touched',
  };
}

const stopped = (target: ProcessIdentity, wasStopped = false) => ({ type: 'continue', target, wasStopped }) as const;

/** Answers by pid, and keeps who was asked for. */
function continuing(answers: Record<number, ReturnType<ContinueProcess>>) {
  const asked: number[] = [];
  const continueProcess: ContinueProcess = ({ pid }) => {
    asked.push(pid);
    return answers[pid] ?? 'failed';
  };
  return { asked, continueProcess };
}

describe('a replay', () => {
  test('continues what is still stopped, and keeps the record until it was reported', async () => {
    await journal.put(recordOf('fault-1', [stopped(one), stopped(two)]));
    const { continueProcess } = continuing({ 100: 'continued', 200: 'gone' });
    const [replayed] = await replayJournal(journal, 'boot', continueProcess);
    expect(replayed?.targets.map((target) => [target.identity?.pid, target.outcome, target.seen])).toEqual([
      [100, 'restored', 'it was stopped, and SIGCONT was delivered'],
      [200, 'gone', 'the process no longer exists'],
    ]);
    expect(replayed?.isComplete).toBe(true);
    expect(journal.records()[0]?.state).toBe('undone');
  });

  test('is the same the second time: nothing is touched twice', async () => {
    await journal.put(recordOf('fault-1', [stopped(one)]));
    const { asked, continueProcess } = continuing({ 100: 'continued' });
    await replayJournal(journal, 'boot', continueProcess);
    expect(await replayJournal(journal, 'boot', continueProcess)).toEqual([]);
    expect(asked).toEqual([100]);
  });

  test('goes on after a target that cannot be continued, and tries that one again the next time', async () => {
    await journal.put(recordOf('fault-1', [stopped(one), stopped(two)]));
    const first = continuing({ 100: 'failed', 200: 'continued' });
    expect((await replayJournal(journal, 'boot', first.continueProcess))[0]?.isComplete).toBe(false);
    expect(first.asked).toEqual([100, 200]);
    const second = continuing({ 100: 'continued', 200: 'not-stopped' });
    expect((await replayJournal(journal, 'boot', second.continueProcess))[0]?.isComplete).toBe(true);
  });

  test('leaves alone what was stopped before the fault', async () => {
    await journal.put(recordOf('fault-1', [stopped(one, true)]));
    const { asked, continueProcess } = continuing({});
    expect((await replayJournal(journal, 'boot', continueProcess))[0]?.targets[0]?.outcome).toBe('stopped-before');
    expect(asked).toEqual([]);
  });

  test('touches nothing after a reboot: the same pid is another process', async () => {
    await journal.put(recordOf('fault-1', [stopped(one)]));
    const { asked, continueProcess } = continuing({});
    expect((await replayJournal(journal, 'another-boot', continueProcess))[0]?.targets[0]?.outcome).toBe('gone');
    expect(asked).toEqual([]);
  });

  test('passes over faults that the kernel undoes', async () => {
    await journal.put(recordOf('fault-1', [{ type: 'none' }]));
    expect(await replayJournal(journal, 'boot', continuing({}).continueProcess)).toEqual([]);
    expect(journal.records()[0]?.state).toBe('touched');
  });

  test('continues every process before it writes anything, and does so without a disk', async () => {
    await journal.put(recordOf('fault-1', [stopped(one)]));
    await journal.put(recordOf('fault-2', [stopped(two)]));
    const { asked, continueProcess } = continuing({ 100: 'continued', 200: 'continued' });
    const broken: Journal = { ...journal, put: () => Promise.reject(new Error('EIO')) };
    const replayed = await replayJournal(broken, 'boot', continueProcess);
    expect(replayed.map((fault) => fault.isComplete)).toEqual([true, true]);
    expect(asked).toEqual([100, 200]);
  });
});

test('a real process that was left stopped runs again, and one that only has its pid is left alone', async () => {
  const victim = spawn('sleep', ['60'], { stdio: 'ignore' });
  try {
    await once(victim, 'spawn');
    const reader = createProcessReader();
    const pid = parsePid(victim.pid);
    const stateOf = () => reader.readProcess(pid)?.state;
    victim.kill('SIGSTOP');
    await vi.waitFor(() => expect(stateOf()).toBe('T'), { timeout: 4000 });
    const { identity } = reader.readProcess(pid)!;
    const stranger = { ...identity, startTimeTicks: identity.startTimeTicks - 1 };

    const facts = faultFacts({ faultId: 'stranger', binding: 'journal', targets: [stranger] });
    await journal.put({ ...recordOf('stranger', [stopped(stranger)]), facts });
    expect((await replayJournal(journal, reader.bootId, continueProcess))[0]?.targets[0]?.outcome).toBe('gone');
    expect(stateOf()).toBe('T');

    const own = faultFacts({ faultId: 'own', binding: 'journal', targets: [identity] });
    await journal.put({ ...recordOf('own', [stopped(identity)]), facts: own });
    expect((await replayJournal(journal, reader.bootId, continueProcess))[0]?.targets[0]?.outcome).toBe('restored');
    await vi.waitFor(() => expect(stateOf()).toBe('S'), { timeout: 4000 });
  } finally {
    victim.kill('SIGKILL');
  }
});

describe('the replay of a change', () => {
  const change = { type: 'change', name: 'flag' } as const;
  const nobody = continuing({}).continueProcess;

  test('is by its name, comes after every stopped process, and is complete only when it was seen undone', async () => {
    await journal.put({ ...recordOf('fault-1', [change]), facts: faultFacts({ faultId: 'fault-1', targets: [] }) });
    await journal.put(recordOf('fault-2', [stopped(one)]));
    const order: string[] = [];
    const replay = (outcome: 'still-held' | 'restored') =>
      replayJournal(
        journal,
        'boot',
        () => {
          order.push('continue');
          return 'continued';
        },
        async (name) => {
          order.push(name);
          return { outcome, seen: 'seen' };
        },
      );
    expect((await replay('still-held')).map(({ isComplete }) => isComplete)).toEqual([true, false]);
    expect((await replay('restored')).map(({ isComplete }) => isComplete)).toEqual([true]);
    expect(await replay('restored')).toEqual([]);
    expect(order).toEqual(['continue', 'flag', 'flag']);
  });

  test('is unknown, and left for later, where no program may be run', async () => {
    await journal.put({ ...recordOf('fault-1', [change]), facts: faultFacts({ faultId: 'fault-1', targets: [] }) });
    const [replayed] = await replayJournal(journal, 'another-boot', nobody);
    expect([replayed?.isComplete, replayed?.targets[0]?.outcome]).toEqual([false, 'unknown']);
  });
});

describe('the replay of settings', () => {
  const nobody = continuing({}).continueProcess;
  const kept = (of: ProcessIdentity) =>
    ({ what: 'nice', of, bootId: 'boot', ours: '9', original: '0', exceptions: [], sinceTicks: 0 }) as const;
  const unable = async () => ({ outcome: 'unknown', seen: 'nobody asked' }) as const;

  test('asks for each of them, and is complete when every one is put back, gone, or somebody else’s', async () => {
    await journal.put(
      recordOf(
        'fault-1',
        [one, two].map((of) => ({ type: 'put-back', kept: kept(of) })),
      ),
    );
    const replay = (outcome: 'still-held' | 'changed-meanwhile') =>
      replayJournal(journal, 'boot', nobody, unable, async ({ of }) =>
        of === one || (typeof of !== 'string' && of.pid === 100)
          ? { outcome: 'restored', seen: 'back' }
          : { outcome, seen: 'seen' },
      );
    expect((await replay('still-held')).map(({ isComplete }) => isComplete)).toEqual([false]);
    const [replayed] = await replay('changed-meanwhile');
    expect(replayed?.targets.map(({ identity, outcome }) => [identity?.pid, outcome])).toEqual([
      [100, 'restored'],
      [200, 'changed-meanwhile'],
    ]);
    expect(await replay('still-held')).toEqual([]);
  });

  test('leaves them for later where nothing may be set', async () => {
    await journal.put(recordOf('fault-1', [{ type: 'put-back', kept: kept(one) }]));
    const [replayed] = await replayJournal(journal, 'boot', nobody);
    expect([replayed?.isComplete, replayed?.targets[0]?.outcome]).toEqual([false, 'unknown']);
  });
});
