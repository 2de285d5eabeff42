/** A host that has run out of something: whatever is held is let go of all the same, and seen to be. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished } from 'vitest';
import { listHolders } from '../../agent/host/holder-children.ts';
import { causeWords } from '../../proto/fault.ts';
import type { Pid } from '../../proto/identity.ts';
import { type AgentRig, startAgentRig } from '../rig/agent.ts';
import { fillDisk } from '../rig/full-disk.ts';
import { inject } from '../rig/inject.ts';
import { allowDescriptors, allowForks, refuseDescriptors, refuseForks } from '../rig/limits.ts';
import { processesThatLogTo } from '../rig/proc.ts';
import { unless } from '../rig/requirement.ts';
import { until } from '../rig/until.ts';
import { startWorker, type Worker, workerName } from '../rig/workers.ts';

const asRoot = unless(process.getuid?.() === 0, 'root, to mount a small file system and to become other users');
const smallDiskBytes = 2 * 2 ** 20;
/** Nobody else has a process with this uid: a limit on forks counts all processes of a user. */
const lonelyUid = 64_017;
const policy = 'injectsPerMinute: 600\njournalWithoutSupervisor: true\ncpuPercentMax: 100%\n';

interface Shortage {
  readonly name: string;
  exhaust(rig: AgentRig): void;
  relieve(rig: AgentRig): void;
}

const shortages: readonly Shortage[] = [
  {
    name: 'its disk is full',
    exhaust: (rig) => void fillDisk(stateOf(rig)),
    relieve: (rig) => execFileSync('rm', [join(stateOf(rig), 'filler')]),
  },
  {
    name: 'its descriptors are exhausted',
    exhaust: (rig) => refuseDescriptors(rig.pid()),
    relieve: (rig) => allowDescriptors(rig.pid()),
  },
  {
    name: 'its forks are refused',
    exhaust: (rig) => refuseForks(rig.pid()),
    relieve: (rig) => allowForks(rig.pid()),
  },
];

/** By ptrace, which the kernel undoes, and by signals, which only the holder or the agent can. */
const bindings = [
  ['kernel', '+kill,+sys_ptrace'],
  ['journal', '+kill'],
] as const;

const stateOf = (rig: AgentRig): string => rig.directories[1] as string;

async function setUp(capabilities: string): Promise<{ rig: AgentRig; worker: Worker }> {
  const as = { uid: lonelyUid, capabilities };
  let mounted = '';
  const prepare = (state: string): void => {
    const options = `size=${smallDiskBytes},mode=0700,uid=${lonelyUid}`;
    execFileSync('mount', ['-t', 'tmpfs', '-o', options, 'leash-test', state]);
    mounted = state;
  };
  const rig = await startAgentRig({ as, policy, prepare });
  const worker = await startWorker(workerName('e'));
  onTestFinished(async () => {
    await worker.end();
    execFileSync('umount', ['--lazy', mounted]);
    await rig.dispose();
  });
  return { rig, worker };
}

async function nothingIsLeft(rig: AgentRig, worker: Worker): Promise<void> {
  await until('the worker runs', () => worker.isRunning(), 5000);
  await until('no holder is left', () => processesThatLogTo(rig.logPath).every((pid) => pid === rig.pid()), 5000);
}

describe.each(shortages)('an agent lets go although $name', ({ exhaust, relieve }) => {
  describe.each(bindings)('of a pause bound by the %s', (_binding, capabilities) => {
    asRoot('when it is asked to, and confirms it', async () => {
      const { rig, worker } = await setUp(capabilities);
      const { faultId } = await inject(rig.client, { kind: 'process.pause', selector: { pid: worker.pid } });
      exhaust(rig);
      const { receipts } = await rig.client.call('restore', { faultId: faultId ?? '', reason: 'test' });
      await nothingIsLeft(rig, worker);
      expect(receipts?.[0]).toMatchObject({ confirmed: true, cause: causeWords.toWire('restored') });
    });

    asRoot('when its lease ends', async () => {
      const { rig, worker } = await setUp(capabilities);
      await inject(rig.client, { kind: 'process.pause', selector: { pid: worker.pid }, leaseTtlMs: 1500 });
      exhaust(rig);
      await nothingIsLeft(rig, worker);
    });

    asRoot('when its holder is SIGKILLed', async () => {
      const { rig, worker } = await setUp(capabilities);
      await inject(rig.client, { kind: 'process.pause', selector: { pid: worker.pid } });
      const [holder] = listHolders(rig.pid() as Pid);
      if (!holder) throw new Error('there is no holder');
      exhaust(rig);
      process.kill(holder.pid, 'SIGKILL');
      await nothingIsLeft(rig, worker);
    });

    asRoot('when it is halted by a call, and stays so', async () => {
      const { rig, worker } = await setUp(capabilities);
      await inject(rig.client, { kind: 'process.pause', selector: { pid: worker.pid } });
      exhaust(rig);
      const reply = await rig.client.call('halt', { requestId: 'halt-in-need', reason: 'test' });
      await nothingIsLeft(rig, worker);
      expect(reply.halt).toMatchObject({ halted: true });
      expect(reply.receipts?.[0]).toMatchObject({ confirmed: true });
    });

    asRoot('when it is halted by a file', async () => {
      const { rig, worker } = await setUp(capabilities);
      await inject(rig.client, { kind: 'process.pause', selector: { pid: worker.pid } });
      exhaust(rig);
      writeFileSync(join(rig.directories[3] as string, 'HALT'), 'test\n');
      await nothingIsLeft(rig, worker);
    });

    asRoot('and serves and injects again when the shortage is over', async () => {
      const { rig, worker } = await setUp(capabilities);
      exhaust(rig);
      await refusedBefore(10, async () => {
        const { faultId } = await inject(rig.client, { kind: 'process.pause', selector: { pid: worker.pid } });
        await rig.client.call('restore', { faultId: faultId ?? '', reason: 'test' });
      });
      await nothingIsLeft(rig, worker);
      relieve(rig);
      const { faultId } = await inject(rig.client, { kind: 'process.pause', selector: { pid: worker.pid } });
      expect(worker.isHeld()).toBe(true);
      await rig.client.call('restore', { faultId: faultId ?? '', reason: 'test' });
      await nothingIsLeft(rig, worker);
    });
  });
});

/** A full disk still takes what fits into the last block of the audit; after that it takes nothing. */
async function refusedBefore(timesMax: number, injectOnce: () => Promise<void>): Promise<void> {
  for (let times = 0; times < timesMax; times++) {
    try {
      await injectOnce();
    } catch {
      return;
    }
  }
  throw new Error(`${timesMax} injects were not refused`);
}
