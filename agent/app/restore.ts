/**
 * `leash-agent restore`: the way home that needs no healthy agent. Where one has the journal it is asked to let go of
 * everything; where none has, the journal is replayed here.
 */
import type { leash } from '../../proto/codec.ts';
import { continueProcess } from '../host/continue-process.ts';
import { readBootId } from '../host/process-identity.ts';
import { JournalUnavailable, openJournal } from '../store/journal.ts';
import { type ReplayedFault, replayJournal } from '../store/replay.ts';
import { exitCodes } from './exit-code.ts';
import { createLocalClient } from './local-client.ts';
import { type AgentOptions, socketPathOf } from './options.ts';
import { print } from './print.ts';
import { unreachable } from './unreachable.ts';

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
      process.stdout.write(`${record.facts.kind} pid ${target.identity.pid}: ${target.outcome}, ${target.seen}\n`);
    }
  }
  return code;
}

/** @throws JournalUnavailable while an agent has the journal. */
export async function replayHere(options: AgentOptions): Promise<readonly ReplayedFault[]> {
  const journal = await openJournal(options.stateDirectory);
  try {
    return await replayJournal(journal, readBootId(), continueProcess);
  } finally {
    await journal.close();
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
