/** A disk of the coordinator that takes 20 seconds for each sync. */
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { type FleetRig, startFleetRig } from '../rig/fleet.ts';
import { canHangDisk, hangDisk, unlessDiskCannotHang as test } from '../rig/hanging-disk.ts';
import { until } from '../rig/until.ts';
import { startWorker, type Worker, workerName } from '../rig/workers.ts';

const syncMs = 20_000;

describe('while the disk of the coordinator hangs', () => {
  const name = workerName('d');
  let rig: FleetRig;
  let worker: Worker;
  let letDiskGo = (): void => undefined;
  let file: string;

  beforeAll(async () => {
    if (!canHangDisk) return;
    rig = await startFleetRig();
    worker = await startWorker(name);
    file = rig.write(
      'hold.yaml',
      `apiVersion: leash/v1
kind: Experiment
metadata: { name: hold, owner: test@example.com }
stage: development
lease: 5s
blastRadius: { hosts: 1, processesPerHost: 1 }
targets: { hosts: { names: [host-a], mode: one }, processes: { name: ${name}, mode: one } }
method:
  - { fault: process.pause, for: 5m }
`,
    );
    const { document: run } = await rig.json('run', file);
    await until('it is held, and known to be', async () => {
      const { document } = await rig.json('show', run.runId);
      return document.faults[0]?.phase === 'active' && worker.isHeld();
    });
    letDiskGo = await hangDisk(rig.coordinator().pid as number, syncMs);
  });
  afterAll(async () => {
    letDiskGo();
    await worker?.end();
    await rig?.dispose();
  });

  test('nothing is injected: what cannot be recorded is not done', async () => {
    const { code, errors } = await rig.leash('run', file);
    expect(errors).toMatch(/the store does not answer within 10 s: see to the disk of .*; leash halt works without it/);
    expect(code).not.toBe(0);
    const { active } = (await rig.hosts[0]?.agent.client.call('describe', {})) ?? {};
    expect(active).toHaveLength(1);
  });

  test('a lease is renewed, and questions are answered', async () => {
    const { code, document } = await rig.json('hosts');
    expect(code).toBe(0);
    const told = document.hosts.map((host: { status: string }) => host.status);
    expect(told).toEqual(['connected', 'connected', 'connected']);
    // For longer than a lease by now.
    expect(worker.isHeld()).toBe(true);
  });

  test('leash halt halts every host, and each of them has let go', async () => {
    const { code, document } = await rig.json('halt', '--reason', 'the disk hangs');
    expect(document).toMatchObject({ confirmed: true });
    expect(code).toBe(0);
    for (const host of document.hosts) expect(host.restoredMs).toBeLessThan(syncMs / 4);
    expect(worker.isHeld()).toBe(false);
  });

  test('all goes on when the disk is back', async () => {
    letDiskGo();
    await until('the fleet is rearmed', async () => (await rig.leash('rearm')).code === 0, 40_000);
    expect(await rig.leash('run', file)).toMatchObject({ code: 0, errors: '' });
    await until('it is held', () => worker.isHeld());
    const { document } = await rig.json('runs');
    expect(document.runs.map((run: { phase: string }) => run.phase)).toEqual(['running', 'ended']);
  });
});
