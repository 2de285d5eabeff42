import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FleetRig, startFleetRig } from '../rig/fleet.ts';
import { until } from '../rig/until.ts';
import { startWorker, type Worker, workerName } from '../rig/workers.ts';

describe('a plan over three workers', () => {
  const name = workerName('t');
  const workers: Worker[] = [];
  let rig: FleetRig;
  let file: string;

  beforeAll(async () => {
    rig = await startFleetRig({ hosts: 1 });
    for (let count = 0; count < 3; count += 1) workers.push(await startWorker(name));
    file = rig.write(
      'pause.yaml',
      `apiVersion: leash/v1
kind: Experiment
metadata: { name: three, owner: test@example.com }
stage: development
blastRadius: { hosts: 1, processesPerHost: 3 }
targets: { hosts: { mode: one }, processes: { name: ${name}, mode: all } }
method: [ { fault: process.pause, for: 1s } ]
`,
    );
  });
  afterAll(async () => {
    for (const worker of workers) await worker.end();
    await rig.dispose();
  });

  it('prints each pid, why it matched, and both digests', async () => {
    const { code, output } = await rig.leash('plan', file);
    expect(code).toBe(0);
    for (const worker of workers) expect(output).toMatch(new RegExp(`${worker.pid} .*name is ${name}`));
    expect(output).toMatch(/scope +sha256:[0-9a-f]{64}/);
    expect(output).toMatch(/targets +sha256:[0-9a-f]{64}/);
  });

  it('shows what is protected, and why', async () => {
    // The shell that started all of this is an ancestor of the agent.
    const parent = rig.write(
      'protected.yaml',
      `apiVersion: leash/v1
kind: Experiment
metadata: { name: own-branch, owner: test@example.com }
stage: development
targets: { hosts: { mode: one }, processes: { pid: ${process.pid}, mode: one } }
method: [ { fault: process.pause, for: 1s } ]
`,
    );
    const { code, output } = await rig.leash('plan', parent);
    expect(code).toBe(3);
    expect(output).toContain('is protected: it is an ancestor of the agent');
  });

  it('pins its targets: a run with its digest is refused after one of them was replaced, by name', async () => {
    const { document: plan } = await rig.json('plan', file);
    const [gone] = workers.splice(0, 1);
    await gone?.end();
    workers.push(await startWorker(name));
    const refused = await rig.leash('run', file, '--wait', '--targets', plan.targetsDigest);
    expect(refused.code).toBe(3);
    expect(refused.errors + refused.output).toContain(String(gone?.pid));
    expect(workers.every((worker) => worker.isRunning())).toBe(true);
  });

  it('is made again inside its scope where no digest is given, and both digests are kept', async () => {
    const { document: plan } = await rig.json('plan', file);
    const { code, document: run } = await rig.json('run', file, '--wait');
    expect(code).toBe(0);
    expect(run.scopeDigest).toBe(plan.scopeDigest);
    expect(run.targetsDigests).toContain(plan.targetsDigest);
    expect(run.faults[0].receipt.targets.map((target: { outcome: string }) => target.outcome)).toEqual([
      'restored',
      'restored',
      'restored',
    ]);
    await until('every worker runs', () => workers.every((worker) => worker.isRunning()));
  });
});
