/** A disk of the host that takes 20 seconds for each sync, under the agent's own directories. */
import { afterEach, beforeEach, describe, expect } from 'vitest';
import { type AgentRig, startAgentRig } from '../rig/agent.ts';
import { canHangDisk, hangDisk, unlessDiskCannotHang as test } from '../rig/hanging-disk.ts';
import { inject } from '../rig/inject.ts';
import { until } from '../rig/until.ts';
import { startWorker, type Worker, workerName } from '../rig/workers.ts';

const syncMs = 20_000;

describe('while the disk of the host hangs', () => {
  let rig: AgentRig;
  let worker: Worker;
  let letDiskGo = (): void => undefined;

  beforeEach(async () => {
    if (!canHangDisk) return;
    rig = await startAgentRig({ policy: 'leaseMax: 1m\n' });
    worker = await startWorker(workerName('d'));
  });
  afterEach(async () => {
    letDiskGo();
    await worker?.end();
    await rig?.dispose();
  });

  const pause = () =>
    inject(rig.client, {
      kind: 'process.pause',
      selector: { pid: worker.pid },
      leaseTtlMs: 60_000,
      durationMs: 50_000,
    });

  async function hold(): Promise<string> {
    const { faultId } = await pause();
    await until('it is held', () => worker.isHeld());
    letDiskGo = await hangDisk(rig.process().pid as number, syncMs);
    return faultId as string;
  }

  test('a restore lets go, and has seen it', async () => {
    const faultId = await hold();
    const { receipts } = (await rig.client.call('restore', { faultId, reason: 'test' })) ?? {};
    expect(receipts).toMatchObject([{ confirmed: true }]);
    expect(worker.isRunning()).toBe(true);
  });

  test('a halt lets go, holds, and says that no disk has it yet', async () => {
    await hold();
    const { halt, receipts } = (await rig.client.call('halt', { requestId: 'r', reason: 'test' })) ?? {};
    expect(receipts).toMatchObject([{ confirmed: true }]);
    expect(worker.isRunning()).toBe(true);
    expect(halt).toMatchObject({ halted: true, memoryOnly: true });
    await expect(pause()).rejects.toThrow(/halted/);
  });

  test('nothing is injected: what cannot be recorded is not done', async () => {
    letDiskGo = await hangDisk(rig.process().pid as number, syncMs);
    await expect(pause()).rejects.toThrow(/not recorded: .* took longer than 2000 ms; nothing is held/);
    expect(worker.isRunning()).toBe(true);
  });
});
