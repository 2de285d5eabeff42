/**
 * `leash-agent halt`: the kill switch at the host itself. An agent that answers latches and lets go. One that is silent
 * for a second is not waited for: the HALT file comes first, so that nothing starts again, then SIGKILL of the agent and
 * of its holders by pidfd, which lets go of what the kernel binds, and then the journal is replayed.
 */
import { randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { durabilityFromWire, type LatchDurability } from '../../proto/latch-durability.ts';
import { createBootClock } from '../../shared/boot-clock.ts';
import { listHolders } from '../host/holder-children.ts';
import { createHostView } from '../host/host-view.ts';
import { killExactly } from '../host/kill-exactly.ts';
import { readAgentFile } from './agent-file.ts';
import { exitCodes } from './exit-code.ts';
import { createLocalClient, type LocalClient } from './local-client.ts';
import { type AgentOptions, haltFilesOf, socketPathOf } from './options.ts';
import { print } from './print.ts';
import { receiptLine, replayHere } from './restore.ts';
import { unreachable } from './unreachable.ts';

const silentAfterMs = 1000;
const answerWithinMs = 6000;
const goneWithinMs = 2000;

export async function halt(options: AgentOptions, reason: string, isJson: boolean): Promise<number> {
  const client = createLocalClient(socketPathOf(options));
  try {
    if (await isSilent(client)) return await haltByForce(options, isJson);
    return await haltByAgent(client, reason, isJson);
  } catch (error) {
    return unreachable(error, socketPathOf(options), isJson);
  } finally {
    client.close();
  }
}

async function isSilent(client: LocalClient): Promise<boolean> {
  return client.call('describe', {}, silentAfterMs).then(
    () => false,
    () => true,
  );
}

async function haltByAgent(client: LocalClient, reason: string, isJson: boolean): Promise<number> {
  const reply = await client.call('halt', { requestId: randomUUID(), reason }, answerWithinMs);
  const receipts = reply.receipts ?? [];
  // As `leash halt` has it: a latch that a reboot would forget is not fully confirmed.
  const isConfirmed = !reply.halt?.volatile && receipts.every((receipt) => receipt.confirmed);
  const code = isConfirmed ? exitCodes.done : exitCodes.unresolved;
  const latchedMs = Math.round(reply.latchedMs ?? 0);
  const restoredMs = Math.round(reply.restoredMs ?? 0);
  if (isJson) return print(code, { by: 'agent', halt: reply.halt, latchedMs, restoredMs, receipts });
  const lasting = lastingText(durabilityFromWire(reply.halt ?? {}));
  process.stdout.write(`latched after ${latchedMs} ms at epoch ${reply.halt?.epoch}${lasting}\n`);
  process.stdout.write(`restored after ${restoredMs} ms, ${receipts.length} faults\n`);
  for (const receipt of receipts) process.stdout.write(`${receiptLine(receipt)}\n`);
  return code;
}

function lastingText(durability: LatchDurability): string {
  switch (durability) {
    case 'durable':
      return '';
    case 'volatile':
      return ' (VOLATILE: the state directory has not taken it, and a reboot would forget it; the agent goes on trying)';
    case 'memory-only':
      return ' (IN MEMORY ONLY: no disk has taken it, and an end of the agent would forget it; the agent goes on trying)';
  }
}

async function haltByForce(options: AgentOptions, isJson: boolean): Promise<number> {
  const bootMs = createBootClock();
  const beganAtMs = bootMs();
  const file = writeHaltFile(options);
  const latchedMs = Math.round(bootMs() - beganAtMs);

  const agent = readAgentFile(options);
  // Listed before the agent dies: afterwards its children have another parent.
  const holders = agent ? listHolders(agent.pid) : [];
  const killed = [...(agent ? [agent] : []), ...holders].filter(killExactly);
  const view = createHostView();
  const isGone = await goneWithin(goneWithinMs, () => killed.every((each) => view.threads(each).kind === 'gone'));
  const replayed = await replayHere(options).catch(() => []);
  const restoredMs = Math.round(bootMs() - beganAtMs);

  const isDone = isGone && replayed.every((fault) => fault.isComplete);
  const code = isDone ? exitCodes.done : exitCodes.unresolved;
  const pids = killed.map((each) => each.pid);
  if (isJson) return print(code, { by: 'force', file, latchedMs, restoredMs, killed: pids, isGone });
  process.stdout.write(`the agent was silent for ${silentAfterMs} ms\n`);
  process.stdout.write(`latched after ${latchedMs} ms by the file ${file}\n`);
  process.stdout.write(
    isGone
      ? `agent and holders ended after ${restoredMs} ms (pids ${pids.join(', ') || 'none'}); the kernel let go of what they held\n`
      : `UNRESOLVED: agent or holders (pids ${pids.join(', ')}) are still there after ${restoredMs} ms\n`,
  );
  return code;
}

function writeHaltFile(options: AgentOptions): string {
  const [inConfig = '', inRun = ''] = haltFilesOf(options);
  for (const path of [inRun, inConfig]) {
    try {
      writeFileSync(path, 'leash-agent halt\n', { mode: 0o640 });
      return path;
    } catch {
      // The other directory may take it.
    }
  }
  return 'none: neither directory took it';
}

async function goneWithin(deadlineMs: number, isGone: () => boolean): Promise<boolean> {
  const until = performance.now() + deadlineMs;
  while (!isGone()) {
    if (performance.now() > until) return false;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
  return true;
}
