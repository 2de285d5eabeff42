import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FleetRig, startFleetRig } from '../rig/fleet.ts';
import { startWorker, type Worker, workerName } from '../rig/workers.ts';

describe('leash drill abort', () => {
  const name = workerName('d');
  let rig: FleetRig;
  let worker: Worker;
  let shop: Server;

  beforeAll(async () => {
    shop = createServer((_, answer) => answer.end('ok')).listen(0, '127.0.0.1');
    worker = await startWorker(name);
    rig = await startFleetRig({ hosts: 1 });
  });
  afterAll(async () => {
    await worker?.end();
    await rig?.dispose();
    shop?.close();
  });

  const file = (...rules: readonly string[]): string =>
    rig.write(
      'drilled.yaml',
      `apiVersion: leash/v1
kind: Experiment
metadata: { name: drilled, owner: test@example.com }
stage: development
targets: { hosts: { mode: one }, processes: { name: ${name}, mode: one } }
probes: { canary: { http: { url: "http://127.0.0.1:${(shop.address() as AddressInfo).port}" }, every: 200ms } }
baseline: 1s
method: [ { fault: process.pause, for: 60s } ]
abort:
${rules.map((rule) => `  - ${rule}`).join('\n')}
`,
    );

  it('ends a real hold by each rule, and touches nothing of the method', async () => {
    const { code, document } = await rig.json(
      'drill',
      'abort',
      file(
        '{ when: "(canary.errorRatio > 0.5 for 1 second) or (not canary.up)" }',
        '{ when: canary.latencyP95Ms > 3 * baseline, for: 500ms }',
      ),
    );
    expect(document.rules.map((rule: { rule: string; passed: boolean }) => [rule.rule, rule.passed])).toEqual([
      ['canary.errorRatio > 0.5', true],
      ['not canary.up', true],
      ['canary.latencyP95Ms > 3 * baseline', true],
    ]);
    expect(code).toBe(0);
    const [first] = document.rules;
    expect(first.tookMs).toBeGreaterThanOrEqual(1000);
    const { document: run } = await rig.json('show', first.runId);
    expect(run).toMatchObject({ drillRule: 'canary.errorRatio > 0.5', drillPassed: true });
    expect(run.faults).toMatchObject([{ kind: 'stress.cpu', receipt: { confirmed: true } }]);
    expect(worker.isRunning()).toBe(true);
  }, 120_000);

  it('fails for a rule that nothing can breach', async () => {
    const never = file('{ when: canary.errorRatio > 0.5 and canary.errorRatio < 0.1 }');
    const { code, document } = await rig.json('drill', 'abort', never);
    expect(code).toBe(1);
    expect(document).toMatchObject({ passed: false, rules: [{ passed: false }] });
  }, 120_000);
});
