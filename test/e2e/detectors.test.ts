import { type ChildProcess, spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FleetRig, startFleetRig } from '../rig/fleet.ts';
import { freePort } from '../rig/free-port.ts';
import { until } from '../rig/until.ts';
import { statesOf, workerName } from '../rig/workers.ts';

describe('a detector over a real service', () => {
  const name = workerName('d');
  let rig: FleetRig;
  let service: ChildProcess;
  let port: number;

  beforeAll(async () => {
    port = await freePort();
    const program = `process.title = ${JSON.stringify(name)};
require('node:http').createServer((_, answer) => answer.end('ok')).listen(${port}, '127.0.0.1');`;
    service = spawn(process.execPath, ['-e', program], { stdio: 'ignore' });
    rig = await startFleetRig({ hosts: 1 });
    await until('the service answers', () =>
      fetch(`http://127.0.0.1:${port}/`).then(
        ({ ok }) => ok,
        () => false,
      ),
    );
  }, 120_000);
  afterAll(async () => {
    await rig?.dispose();
    const gone = new Promise((resolve) => service.once('exit', resolve));
    service.kill('SIGKILL');
    await gone;
  });

  const isRunning = (): boolean => statesOf(service.pid ?? 0).every((state) => state !== 't' && state !== 'T');

  function experiment(mode: string, pauseFor: string): string {
    return rig.write(
      `${mode}.yaml`,
      `apiVersion: leash/v1
kind: Experiment
metadata: { name: service-pause-${mode}, owner: test@example.com, labels: { service: shop } }
stage: development
targets:
  hosts: { mode: one }
  processes: { name: ${name}, mode: one }
probes:
  canary: { http: { url: "http://127.0.0.1:${port}/", timeout: 500ms }, every: 100ms }
baseline: 5s
recovery: 0s
method: [ { fault: process.pause, for: ${pauseFor} } ]
detectors:
  - { probe: canary.latencyMs, method: sequential, mode: ${mode}, falseAborts: 1% }
`,
    );
  }

  it('ends the run in abort mode, and the host has seen that it is restored', async () => {
    const { code, document } = await rig.json('run', experiment('abort', '60s'), '--wait');
    expect(code).toBe(4);
    expect(document.result).toBe('aborted');
    expect(document.cause).toMatch(
      /^abort-rule: at \d\d:\d\d:\d\d detector sequential on canary\.latencyMs: canary\.latencyMs .*; the odds against "nothing has changed" are [\d.]+ to 1 after \d+ observations; the threshold is 100 to 1/,
    );
    expect(document.faults[0].receipt).toMatchObject({ confirmed: true });
    expect(isRunning()).toBe(true);
    expect(document.detectors).toMatchObject([{ method: 'sequential', mode: 'abort', threshold: 2 }]);
    const { output } = await rig.leash('report', document.runId, '--format', 'html');
    expect(output).toContain('<line class="threshold"');
    expect(output).toContain('abort · alarm: aborted the run');
  }, 120_000);

  it('only says what it would do in advise mode, in the events and in leash show', async () => {
    const { code, document } = await rig.json('run', experiment('advise', '6s'), '--wait');
    expect({ code, result: document.result }).toEqual({ code: 0, result: 'not-judged' });
    const advice = document.events.filter((event: { kind: string }) => event.kind === 'advice');
    expect(advice).toHaveLength(1);
    expect(advice[0].text).toContain(`leash abort ${document.runId}`);
    const { output } = await rig.leash('show', document.runId);
    expect(output).toMatch(/sequential on canary\.latencyMs \(advise\) {2}alarm: advised an abort {2}[▁-█]+/);
  }, 120_000);

  it('changes nothing in the shadow, and its verdict is in every report', async () => {
    const { code, document } = await rig.json('run', experiment('shadow', '6s'), '--wait');
    expect({ code, result: document.result }).toEqual({ code: 0, result: 'not-judged' });
    expect(document.faults[0].receipt).toMatchObject({ confirmed: true, cause: 'completed' });
    expect(document.detectors[0].alarm).toMatchObject({ observation: expect.any(Number) });
    const markdown = await rig.leash('report', document.runId);
    expect(markdown.output).toContain('alarm, in the shadow');
    const junit = await rig.leash('report', document.runId, '--format', 'junit');
    expect(junit.output).toContain('detector (shadow): sequential on canary.latencyMs');
  }, 120_000);

  it('is told by leash plan, with what it would do and when it could at the earliest', async () => {
    const { output } = await rig.leash('plan', experiment('abort', '60s'));
    expect(output).toMatch(
      /detector {2}sequential on canary\.latencyMs every 100ms: an alarm aborts the run, false aborts at most 1%; at the earliest after \d+ observations, over about 50 of the baseline/,
    );
  }, 120_000);
});
