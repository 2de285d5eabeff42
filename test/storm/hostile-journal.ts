/** Records that an enemy of the host might leave in a journal for the next agent to replay. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { identify } from '../../agent/host/process-identity.ts';
import { recordToBytes } from '../../agent/store/journal-record.ts';
import { slotBytes, writeSlot } from '../../agent/store/slot.ts';
import { parsePid } from '../../proto/identity.ts';
import { threadStates } from '../rig/proc.ts';
import { until } from '../rig/until.ts';
import type { Place } from './place.ts';

export interface HostileJournal {
  /** What a replay did that it must not do; undefined when it did nothing of the kind. */
  damage(): string | undefined;
  /** Ends the bystander; the agent must be down, since its journal is thrown away. */
  remove(): Promise<void>;
}

const slots = 64;

/** The agent must be down. Its own records are left as they are. */
export async function writeHostileJournal(place: Place): Promise<HostileJournal> {
  // Stopped by its owner, and named in a record with another start time: whoever continues it has believed the record.
  const bystander = spawn('setpriv', ['--pdeathsig', 'KILL', '--', 'sleep', '60'], { stdio: 'ignore' });
  const pid = bystander.pid ?? 0;
  await until('the bystander runs', () => threadStates(pid)[0] === 'S');
  bystander.kill('SIGSTOP');
  await until('the bystander is stopped', () => threadStates(pid)[0] === 'T');
  const identity = identify(parsePid(pid));
  if (!identity) throw new Error('the bystander is gone');
  const stranger = { ...identity, startTimeTicks: identity.startTimeTicks + 1 };
  const facts = {
    faultId: 'hostile',
    idempotencyKey: 'hostile-key',
    requestDigest: '',
    runId: '',
    experiment: '',
    kind: 'process.pause',
    parameters: {},
    binding: 'journal' as const,
    holdsByPtrace: false,
    targets: [stranger],
    targetsDigest: '',
    injectedBy: '',
    injectedAtUnixMs: 0,
  };
  const lease = { expiresAtBootMs: 1, hardDeadlineBootMs: 1 };
  const undo = [{ type: 'continue' as const, target: stranger, wasStopped: false }];
  const believable = recordToBytes({ facts, lease, undo, state: 'touched' });
  const document = JSON.parse(believable.toString());
  const payloads = [
    believable,
    Buffer.from(JSON.stringify({ ...document, undo: [['run', 0, 'touch /tmp/leash-was-here']] })),
    Buffer.from(JSON.stringify({ ...document, version: 99 })),
    Buffer.from(JSON.stringify({ ...document, targets: [[-1, 0]] })),
    Buffer.from(JSON.stringify({ ...document, facts: { ...document.facts, kind: '../../etc/passwd' } })),
    Buffer.from('{"__proto__":{"version":1}}'),
    Buffer.from('['.repeat(4000)),
    randomBytes(64),
  ];
  const path = join(place.rig.directories[1] as string, 'journal');
  // It belongs to the agent's user, who is not the one of the storm.
  const file = await open(path, 'r+');
  const overwrite = async (position: number, bytes: Uint8Array): Promise<void> =>
    void (await file.write(bytes, 0, bytes.length, position));
  for (const [index, payload] of payloads.entries()) {
    await writeSlot({ overwrite }, slots - 1 - index, { sequence: 1_000_000, payload });
  }
  // Not even a slot.
  await overwrite((slots - 1 - payloads.length) * slotBytes, randomBytes(slotBytes));
  await file.close();
  return {
    damage: () =>
      threadStates(pid)[0] === 'T' ? undefined : 'a process that only has the pid of a record was continued',
    async remove() {
      bystander.kill('SIGKILL');
      await until('the bystander is gone', () => bystander.signalCode !== null || bystander.exitCode !== null);
      rmSync(path, { force: true });
    },
  };
}
