import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { makeTestDirectory, type TestDirectory } from '../rig/directory.ts';
import { type FleetRig, startFleetRig } from '../rig/fleet.ts';
import { freePort } from '../rig/free-port.ts';
import { findProgram, unless } from '../rig/requirement.ts';
import { until } from '../rig/until.ts';
import { startWorker, type Worker, workerName } from '../rig/workers.ts';

const hasPrometheus = findProgram('prometheus') !== undefined;
const it = unless(hasPrometheus, 'the program prometheus (package prometheus)');

/** The target is 99 %, so that a hundredth of a percent of errors is one percent of the budget. */
const slo = (name: string, good: string, window = '1h') => `apiVersion: openslo/v1
kind: SLO
metadata: { name: ${name} }
spec:
  service: ${name}
  indicator:
    metadata: { name: ${name}-good }
    spec:
      ratioMetric:
        counter: false
        good: { metricSource: { type: Prometheus, spec: { query: "${good}" } } }
        total: { metricSource: { type: Prometheus, spec: { query: "vector(1)" } } }
  timeWindow: [ { duration: ${window}, isRolling: true } ]
  budgetingMethod: Occurrences
  objectives: [ { displayName: good, target: 0.99 } ]
`;

describe.runIf(hasPrometheus || process.env.LEASH_REQUIRE_ALL)('the error budget, by a real Prometheus', () => {
  const name = workerName('e');
  const undo: (() => unknown)[] = [];
  let directory: TestDirectory;
  let rig: FleetRig;
  let worker: Worker;

  beforeAll(async () => {
    directory = makeTestDirectory();
    undo.push(() => directory.remove());
    const port = await freePort();
    const config = join(directory.path, 'prometheus.yml');
    writeFileSync(config, 'global: { scrape_interval: 1s }\n');
    const url = `http://127.0.0.1:${port}`;
    const options = ['--log.level=error', `--web.listen-address=127.0.0.1:${port}`];
    const prometheus = spawn(
      'prometheus',
      [`--config.file=${config}`, `--storage.tsdb.path=${join(directory.path, 'tsdb')}`, ...options],
      { stdio: 'ignore' },
    );
    undo.push(
      () =>
        new Promise((resolve) => {
          prometheus.once('exit', resolve);
          prometheus.kill('SIGKILL');
        }),
    );
    const isReady = async () => (await fetch(`${url}/-/ready`).catch(() => undefined))?.ok;
    await until('Prometheus is ready', isReady, 30_000);
    const slos = join(directory.path, 'slos');
    mkdirSync(slos);
    writeFileSync(join(slos, 'a.yaml'), slo('quarter', 'vector(0.9924)'));
    writeFileSync(join(slos, 'b.yaml'), slo('more', 'vector(0.9926)'));
    writeFileSync(join(slos, 'd.yaml'), slo('unknown', 'absent_metric').replace('vector(1)', 'absent_total'));
    worker = await startWorker(name);
    undo.push(() => worker.end());

    rig = await startFleetRig({
      hosts: 1,
      config: `prometheus: { url: "${url}" }\nerrorBudget: { slos: ${slos} }\n`,
    });
    undo.push(() => rig.dispose());
  }, 120_000);
  afterAll(async () => {
    for (const step of undo.reverse()) await step();
  });

  const file = (service: string, preconditions = '', pauseFor = '1s'): string =>
    rig.write(
      `${service}.yaml`,
      `apiVersion: leash/v1
kind: Experiment
metadata: { name: budgeted, owner: test@example.com, labels: { service: ${service} } }
stage: development
targets: { hosts: { mode: one }, processes: { name: ${name}, mode: one } }
${preconditions}
method: [ { fault: process.pause, for: ${pauseFor} } ]
`,
    );

  it('refuses a start with 24 % left, with the figure, and lets 26 % run', async () => {
    const refused = await rig.leash('run', file('quarter'), '--wait');
    expect(refused.code).toBe(3);
    expect(refused.errors).toContain('slo quarter has 24 % of its budget left, at least 25 % needed');
    const ran = await rig.json('run', file('more'), '--wait');
    expect(ran.code).toBe(0);
    expect(ran.document.faults[0].receipt).toMatchObject({ confirmed: true });
  }, 60_000);

  it('takes less where the experiment says so, but not below the floor', async () => {
    const asking = (percent: string) =>
      `preconditions: [ { errorBudget: { slo: quarter, remainingMin: ${percent} } } ]`;
    expect((await rig.leash('run', file('other', asking('22%')), '--wait')).code).toBe(0);
    const more = await rig.leash('run', file('other', asking('30%')), '--wait');
    expect([more.code, more.errors]).toEqual([3, expect.stringContaining('at least 30 % needed')]);
    const less = await rig.leash('plan', file('quarter', asking('5%')), '--json');
    const gate = JSON.parse(less.output).gates.find((each: { gate: string }) => each.gate === 'error-budget');
    expect(gate.message).toBe('slo quarter has 24 % of its budget left, at least 20 % needed');
  }, 60_000);

  it('refuses what it does not know', async () => {
    const unknown = await rig.leash('run', file('unknown'), '--wait');
    expect([unknown.code, unknown.errors]).toEqual([3, expect.stringContaining('slo unknown: no data of its total')]);
    const missing = await rig.leash('run', file('x', 'preconditions: [ { errorBudget: { slo: nowhere } } ]'), '--wait');
    expect([missing.code, missing.errors]).toEqual([3, expect.stringContaining('no SLO is called nowhere')]);
  }, 60_000);
});
