/**
 * Replays the journal after a crash: what was stopped by a journal-bound fault runs on. It runs at the agent's start and
 * as `leash-agent restore` before and after it, so it must be right to run twice, late, and after a reboot.
 *
 * A record is never trusted to say what to do: it names a kind of undo and a process, and the process is only moved back
 * when it is still that process and still stopped. A change is undone only as the policy of this host says now, and only
 * while its check does not say that it is gone. A setting is put back only where its value is the one that was set.
 */
import { isConfirmed, type Outcome } from '../../proto/fault.ts';
import type { ProcessIdentity } from '../../proto/identity.ts';
import type { KeptSetting } from '../core/setting.ts';
import type { Journal } from './journal.ts';
import type { JournalRecord, Undo } from './journal-record.ts';

/** SIGCONT by pidfd, after comparing the start time, and only to a process in state T. Does not throw. */
export type ContinueProcess = (identity: ProcessIdentity) => 'continued' | 'gone' | 'not-stopped' | 'failed';

/** By what the host's policy says of the change with this name, now. Does not throw. */
export type UndoChange = (name: string, record: JournalRecord) => Promise<Omit<ReplayedTarget, 'identity'>>;

/** By what the host's policy says of it, now. Does not throw. */
export type PutBack = (kept: KeptSetting, record: JournalRecord) => Promise<Omit<ReplayedTarget, 'identity'>>;

export interface ReplayedTarget {
  /** Absent for a change. */
  readonly identity?: ProcessIdentity;
  readonly outcome: Outcome;
  /** In words. */
  readonly seen: string;
}

export interface ReplayedFault {
  readonly record: JournalRecord;
  readonly targets: readonly ReplayedTarget[];
  /** Whether nothing is left to undo. */
  readonly isComplete: boolean;
}

/**
 * Replays every record that has something to undo; the others (bound by the kernel, or one-shot) are left to whoever
 * looks at the host. A completed record stays, marked as undone, until the agent has reported it. One that cannot be
 * marked is replayed again the next time, which does nothing.
 */
export async function replayJournal(
  journal: Journal,
  bootId: string,
  continueProcess: ContinueProcess,
  undoChange: UndoChange = async () => ({ outcome: 'unknown', seen: 'no program may be run here' }),
  putBack: PutBack = async () => ({ outcome: 'unknown', seen: 'nothing may be set here' }),
): Promise<readonly ReplayedFault[]> {
  const replayed: ReplayedFault[] = [];
  const records = journal.records().filter(({ state }) => state !== 'undone');
  // Every target first: no disk may stand between a stopped process and its SIGCONT.
  for (const record of records) {
    const undos = record.undo.filter((undo) => undo.type === 'continue');
    if (undos.length === 0) continue;
    const targets = undos.map((undo) => undoTarget(undo, bootId, continueProcess));
    replayed.push({ record, targets, isComplete: targets.every(({ outcome }) => isConfirmed(outcome)) });
  }
  for (const record of records) {
    const targets: ReplayedTarget[] = [];
    for (const undo of record.undo) {
      if (undo.type !== 'put-back') continue;
      const { of } = undo.kept;
      targets.push({ ...(typeof of === 'string' ? {} : { identity: of }), ...(await putBack(undo.kept, record)) });
    }
    if (targets.length === 0) continue;
    replayed.push({ record, targets, isComplete: targets.every(({ outcome }) => isConfirmed(outcome)) });
  }
  for (const record of records) {
    const [change] = record.undo.filter((undo) => undo.type === 'change');
    if (!change) continue;
    const target = await undoChange(change.name, record);
    replayed.push({ record, targets: [target], isComplete: isConfirmed(target.outcome) });
  }
  for (const { record, isComplete } of replayed) {
    if (isComplete) await journal.put({ ...record, state: 'undone' }).catch(() => {});
  }
  return replayed;
}

function undoTarget(
  undo: Undo & { type: 'continue' },
  bootId: string,
  continueProcess: ContinueProcess,
): ReplayedTarget & { readonly identity: ProcessIdentity } {
  const { target: identity, wasStopped } = undo;
  if (identity.bootId !== bootId) {
    return { identity, outcome: 'gone', seen: 'the host was booted again since' };
  }
  if (wasStopped) {
    return { identity, outcome: 'stopped-before', seen: 'it was stopped before the fault, and is left alone' };
  }
  switch (continueProcess(identity)) {
    case 'continued':
      return { identity, outcome: 'restored', seen: 'it was stopped, and SIGCONT was delivered' };
    case 'not-stopped':
      return { identity, outcome: 'restored', seen: 'it was not stopped any more' };
    case 'gone':
      return { identity, outcome: 'gone', seen: 'the process no longer exists' };
    case 'failed':
      return { identity, outcome: 'unknown', seen: 'SIGCONT could not be sent' };
  }
}
