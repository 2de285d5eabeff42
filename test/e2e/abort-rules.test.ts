import { afterAll, beforeAll, describe, expect } from 'vitest';
import { makeTestDirectory, type TestDirectory } from '../rig/directory.ts';
import { type FleetRig, startFleetRig } from '../rig/fleet.ts';
import { type MeasuredShop, shopQueries, startMeasuredShop } from '../rig/measured-shop.ts';
import { findProgram, unless } from '../rig/requirement.ts';
import { until } from '../rig/until.ts';
import { workerName } from '../rig/workers.ts';

const hasStack = findProgram('prometheus') !== undefined && findProgram('haproxy') !== undefined;
const it = unless(hasStack, 'the programs prometheus and haproxy (packages of the same names)');

/** The breach outlives the pause by the window of the rate, three seconds, and the scrape. */
const forText = '7 seconds';

describe.runIf(hasStack || process.env.LEASH_REQUIRE_ALL)('an abort rule over a real Prometheus', () => {
  let directory: TestDirectory;
  let shop: MeasuredShop;
  let rig: FleetRig;

  beforeAll(async () => {
    directory = makeTestDirectory();
    shop = await startMeasuredShop(directory, [workerName('s'), workerName('t')]);
    rig = await startFleetRig({ hosts: 1, config: `prometheus: { url: "${shop.prometheusUrl}" }\n` });
  }, 120_000);
  afterAll(async () => {
    await rig?.dispose();
    await shop?.stop();
    directory?.remove();
  });

  const doubled = `(errors > baseline*2 for ${forText}) or (errors > 0.95)`;

  /** Written once nothing of an earlier test is left in the window of the rate. */
  async function experiment(pauseFor: string, rule = doubled): Promise<string> {
    await until(
      'all is well again',
      async () => Number((await shop.query(shopQueries.errors))[0]?.value?.[1] ?? 1) < 0.06,
      30_000,
    );
    return rig.write(
      `pause-${pauseFor}.yaml`,
      `apiVersion: leash/v1
kind: Experiment
metadata: { name: shop-pause, owner: test@example.com, labels: { service: shop } }
hypothesis: nobody notices that one of two workers stands still
stage: development
targets:
  hosts: { mode: one }
  processes: { name: ${shop.workers[0]?.name}, mode: one }
probes:
  up: { prometheus: { query: '${shopQueries.up}' }, every: 250ms }
  errors: { prometheus: { query: '${shopQueries.errors}' }, every: 250ms, whenEmpty: 0, liveness: up, floor: 0.01 }
baseline: 5s
recovery: 12s
method: [ { fault: process.pause, for: ${pauseFor} } ]
abort:
  - { when: "${rule}", afterwards: true }
`,
    );
  }

  it('aborts when twice as many errors last, and says when and why', async () => {
    const { code, document } = await rig.json('run', await experiment('60s'), '--wait');
    expect(code).toBe(4);
    expect(document.result).toBe('aborted');
    expect(document.cause).toMatch(
      /^abort-rule: at \d\d:\d\d:\d\d errors=0\.\d+ > \(baseline\*2\)=0\.\d+ \(line \d+\) for 7s$/,
    );
    expect(document.faults[0].receipt).toMatchObject({ confirmed: true });
    const began = document.events.find((event: { text: string }) => event.text.includes('aborts when it lasts 7s'));
    const aborted = document.events.find((event: { kind: string }) => event.kind === 'abort');
    expect(aborted.atUnixMs - began.atUnixMs).toBeGreaterThanOrEqual(6990);
    expect(shop.workers[0]?.isRunning()).toBe(true);
    const { output } = await rig.leash('report', document.runId);
    expect(output).toContain('aborts when it lasts 7s');
  }, 120_000);

  it('does not abort when the same breach is shorter', async () => {
    const { code, document } = await rig.json('run', await experiment('1s'), '--wait');
    expect({ code, result: document.result, cause: document.cause }).toMatchObject({ code: 0, result: 'not-judged' });
    const texts = document.events.map((event: { text: string }) => event.text).join('\n');
    expect(texts).toContain('aborts when it lasts 7s');
    expect(texts).toMatch(/after \d+(\.\d+)?s clear again: errors=/);
  }, 120_000);

  it('aborts when Prometheus is stopped in the middle', async () => {
    const running = rig.json('run', await experiment('60s', 'errors > 0.95 for 3s'), '--wait');
    await until('the worker is held', () => shop.workers[0]?.isHeld(), 30_000);
    await shop.stopPrometheus();
    const { code, document } = await running;
    await shop.startPrometheus();
    expect(code).toBe(4);
    expect(document.cause).toMatch(/no data: errors\.value has no value \(line \d+\) for 3s$/);
    expect(document.faults[0].receipt).toMatchObject({ confirmed: true });
    expect(shop.workers[0]?.isRunning()).toBe(true);
  }, 120_000);

  it('refuses to begin while Prometheus is away', async () => {
    const file = await experiment('60s');
    await shop.stopPrometheus();
    const { code, document } = await rig.json('run', file, '--wait');
    await shop.startPrometheus();
    expect(code).toBe(3);
    expect(JSON.stringify(document)).toContain('does not answer');
    expect(shop.workers[0]?.isRunning()).toBe(true);
  }, 120_000);
});
