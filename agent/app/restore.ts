/**
 * `leash-agent restore`: the way home that needs no healthy agent. Where one has the journal it is asked to let go of
 * everything; where none has, the journal is replayed here.
 */
import type { leash } from '../../proto/codec.ts';
import { outcomeOf } from '../core/change.ts';
import { createChangePort } from '../host/change-port.ts';
import { continueProcess } from '../host/continue-process.ts';
import { createHostView } from '../host/host-view.ts';
import { readBootId } from '../host/process-identity.ts';
import { createProcessReader } from '../host/process-table.ts';
import { createPutBack } from '../host/put-back-port.ts';
import { createSettings } from '../host/settings/index.ts';
import { alsoAfterSigterm, runAsChild } from '../host/settings/program.ts';
import { sweepQueues } from '../host/settings/queueing.ts';
import { JournalUnavailable, openJournal } from '../store/journal.ts';
import type { JournalRecord } from '../store/journal-record.ts';
import { type PutBack, type ReplayedFault, type ReplayedTarget, replayJournal } from '../store/replay.ts';
import { exitCodes } from './exit-code.ts';
import { holderProgramPath } from './holder-program.ts';
import { loadHostPolicy } from './host-policy.ts';
import { createLocalClient } from './local-client.ts';
import { type AgentOptions, socketPathOf } from './options.ts';
import { print } from './print.ts';
import { createPutBackGuard } from './put-back-guard.ts';
import { createReplayedPutBack } from './replayed-put-back.ts';
import { unreachable } from './unreachable.ts';

const keeperUndoMs = 1500;

export async function restore(options: AgentOptions, isJson: boolean): Promise<number> {
  let replayed: readonly ReplayedFault[];
  try {
    replayed = await replayHere(options);
  } catch (error) {
    if (error instanceof JournalUnavailable) return restoreByAgent(options, isJson);
    throw error;
  }
  const code = replayed.every((fault) => fault.isComplete) ? exitCodes.done : exitCodes.unresolved;
  if (isJson) return print(code, { replayed: replayed.map(({ record, targets }) => ({ ...record.facts, targets })) });
  if (replayed.length === 0) process.stdout.write('the journal holds nothing to undo\n');
  for (const { record, targets } of replayed) {
    for (const target of targets) {
      const what = target.identity ? `pid ${target.identity.pid}` : 'of the host';
      process.stdout.write(`${record.facts.kind} ${what}: ${target.outcome}, ${target.seen}\n`);
    }
  }
  return code;
}

/** @throws JournalUnavailable while an agent has the journal. */
export async function replayHere(options: AgentOptions): Promise<readonly ReplayedFault[]> {
  const journal = await openJournal(options.stateDirectory, { mayBeReadOnly: true });
  try {
    const replayed = await replayJournal(
      journal,
      readBootId(),
      continueProcess,
      (name, record) => undoChange(options, name, record),
      putBackHere(options),
    );
    await sweep(options);
    return replayed;
  } finally {
    await journal.close();
  }
}

/** What carries our mark and is in no record: it is ours, whichever experiment it is of. */
async function sweep(options: AgentOptions): Promise<void> {
  try {
    const { policy } = await loadHostPolicy(options);
    if (policy.interfaces.allow.length === 0) return;
    for (const name of await sweepQueues(alsoAfterSigterm(runAsChild)))
      process.stderr.write(`a queue of ours was left at ${name}: removed\n`);
  } catch (error) {
    process.stderr.write(`what is left could not be looked for: ${error instanceof Error ? error.message : error}\n`);
  }
}

function putBackHere(options: AgentOptions): PutBack {
  const settings = createSettings({ putBackElsewhere: createPutBack(holderProgramPath()) });
  return createReplayedPutBack(settings, async () => {
    const loaded = await loadHostPolicy(options).catch(() => undefined);
    return createPutBackGuard(loaded?.policy, await createProcessReader().readTable('now'));
  });
}

/** A policy that cannot be read, or no longer lists the change, leaves it as it is, and says so. */
async function undoChange(
  options: AgentOptions,
  name: string,
  { holder }: JournalRecord,
): Promise<Omit<ReplayedTarget, 'identity'>> {
  try {
    const { policy, source } = await loadHostPolicy(options);
    const listed = policy.changes.find((change) => change.name === name);
    if (!listed) return { outcome: 'unknown', seen: `changes of ${source} no longer lists ${name}: undo it by hand` };
    // What keeps the change may be undoing it: it is left alone for a moment, and not longer, since it may be stopped.
    const view = createHostView();
    const isKept = (): boolean => holder?.bootId === readBootId() && view.inSessionOf(holder).length > 0;
    const untilMs = performance.now() + keeperUndoMs;
    while (isKept() && performance.now() < untilMs) await new Promise((resolve) => setTimeout(resolve, 20));
    const seen = await createChangePort(holderProgramPath()).undo(listed);
    return { outcome: outcomeOf(seen), seen: seen.how };
  } catch (error) {
    return { outcome: 'unknown', seen: error instanceof Error ? error.message : String(error) };
  }
}

async function restoreByAgent(options: AgentOptions, isJson: boolean): Promise<number> {
  const client = createLocalClient(socketPathOf(options));
  try {
    const reply = await client.call('restore', { everything: true, reason: 'leash-agent restore' } as never, 6000);
    const receipts = (reply.receipts ?? []) as readonly leash.v1.IReceipt[];
    const code = receipts.every((receipt) => receipt.confirmed) ? exitCodes.done : exitCodes.unresolved;
    if (isJson) return print(code, { receipts });
    if (receipts.length === 0) process.stdout.write('the agent holds nothing\n');
    for (const receipt of receipts) process.stdout.write(`${receiptLine(receipt)}\n`);
    return code;
  } catch (error) {
    return unreachable(error, socketPathOf(options), isJson);
  } finally {
    client.close();
  }
}

export function receiptLine(receipt: leash.v1.IReceipt): string {
  const seen = (receipt.targets ?? []).map((target) => `${target.identity?.pid ?? 'host'}: ${target.seen}`).join('; ');
  return `${receipt.confirmed ? 'restored' : 'UNRESOLVED'} after ${receipt.restoredMs ?? 0} ms: ${seen} (${receipt.faultId})`;
}
