import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { makeTestDirectory, type TestDirectory } from '../rig/directory.ts';
import { type FleetRig, startFleetRig } from '../rig/fleet.ts';
import { until } from '../rig/until.ts';
import { startWorker, type Worker, workerName } from '../rig/workers.ts';

describe('a step that drives traffic', () => {
  const name = workerName('l');
  const seen: { readonly path: string; readonly run: string; readonly atMs: number }[] = [];
  let service: Server;
  let port: number;
  let worker: Worker;
  let rig: FleetRig;
  let directory: TestDirectory;

  beforeAll(async () => {
    service = createServer((request, response) => {
      const run = String(request.headers['x-leash-run'] ?? '');
      seen.push({ path: request.url ?? '', run, atMs: performance.now() });
      response.statusCode = request.url === '/broken' ? 503 : 200;
      response.end('well');
    }).listen(0, '127.0.0.1');
    await once(service, 'listening');
    port = (service.address() as { port: number }).port;
    directory = makeTestDirectory();
    const log = join(directory.path, 'access.log');
    const line = (second: number, path: string): string =>
      `10.0.0.1 - - [10/Oct/2026:13:55:0${second} +0000] "GET ${path} HTTP/1.1" 200 5 "-" "curl/8"\n`;
    writeFileSync(log, line(0, '/a?x=1') + line(0, '/broken') + line(1, '/c'), { mode: 0o600 });
    rig = await startFleetRig({
      hosts: 1,
      policy: 'injectsPerMinute: 600\n',
      config: `load:
  targets: [ "127.0.0.1:${port}" ]
  requestsPerSecondMax: 60
  connectionsMax: 12
  durationMax: 60s
  logs: [ { name: peak, path: ${log} } ]
`,
    });
    worker = await startWorker(name);
  });
  beforeEach(() => void seen.splice(0));
  afterAll(async () => {
    await worker.end();
    await rig.dispose();
    service.close();
    service.closeAllConnections();
    directory.remove();
  });

  const file = (steps: string, stage = 'development'): string =>
    rig.write(
      'load.yaml',
      `apiVersion: leash/v1
kind: Experiment
metadata: { name: loaded, owner: test@example.com }
stage: ${stage}
targets: { hosts: { names: [host-a] }, processes: { name: ${name} } }
method:
${steps}
`,
    );
  const url = (): string => `http://127.0.0.1:${port}`;
  /** The program that drives the load is a child of the coordinator. */
  const driver = (): number | undefined => {
    const pid = rig.coordinator().pid ?? 0;
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean);
    return children.map(Number).find((child) => readFileSync(`/proc/${child}/cmdline`, 'utf8').includes('leash-load'));
  };

  it('sends at its rate beside a fault, and what came of it is in run and report', async () => {
    const { code, document } = await rig.json(
      'run',
      file(`  - parallel:
      - { load: { url: "${url()}/cart?id=7", rate: 40, connections: 4 }, for: 3s }
      - { fault: process.pause, for: 1s }`),
      '--wait',
    );
    expect(code).toBe(0);
    const [load] = document.loads;
    expect(load).toMatchObject({ step: 1, over: true, errors: 0, error: '' });
    expect(load.requests + load.notSent).toBe(120);
    expect(load.requests).toBe(seen.length);
    expect(load.latency.p50Ms).toBeLessThanOrEqual(load.latency.p99Ms);
    expect(new Set(seen.map(({ path }) => path))).toEqual(new Set(['/cart?id=7']));
    expect(new Set(seen.map(({ run }) => run))).toEqual(new Set([document.runId]));
    const { output } = await rig.leash('report', document.runId, '--format', 'html');
    expect(output).toContain(`40 requests/s to ${url()}/cart?id=7, over at most 4 connections`);
    expect((await rig.leash('show', document.runId)).output).toMatch(/load {8}step 1: 40 requests\/s/);
  }, 60_000);

  it('replays a recorded log with its timing and its paths, and counts errors', async () => {
    const step = `  - { load: { url: "${url()}", replay: peak, speed: 2 }, for: 2s }`;
    const { code, document } = await rig.json('run', file(step), '--wait');
    expect([code, document.cause]).toEqual([0, expect.stringContaining('completed')]);
    // Two seconds of log at twice its speed, twice over: three requests a second.
    expect(seen.map(({ path }) => path)).toEqual(['/a?x=1', '/broken', '/c', '/a?x=1', '/broken', '/c']);
    expect(document.loads[0]).toMatchObject({ requests: 6, errors: 2, notSent: 0 });
  }, 60_000);

  it.each([
    ['another host', '{ load: { url: "http://127.0.0.1:1/", rate: 1 }, for: 1s }', /127\.0\.0\.1:1 is not among/],
    ['a higher rate', '{ load: { url: "URL", rate: 61 }, for: 1s }', /61 requests\/s, at most 60 allowed/],
    ['more connections', '{ load: { url: "URL", rate: 1, connections: 13 }, for: 1s }', /13 connections, at most 12/],
    ['more time', '{ load: { url: "URL", rate: 1 }, for: 61s }', /1m1s of load, at most 1m allowed/],
    ['a log of another name', '{ load: { url: "URL", replay: other }, for: 1s }', /other is not among load\.logs/],
    ['a log that is too fast', '{ load: { url: "URL", replay: peak, speed: 40 }, for: 1s }', /up to 80 requests\/s/],
  ])('is refused for %s, with the number and the bound', async (_what, step, why) => {
    const { code, errors } = await rig.leash('run', file(`  - ${step.replace('URL', url())}`));
    expect([code, errors]).toEqual([3, expect.stringMatching(why)]);
    expect(seen).toEqual([]);
  });

  it('is refused in production', async () => {
    const step = `  - { load: { url: "${url()}", rate: 1 }, for: 1s }`;
    const { output } = await rig.leash('why-not', file(step, 'production-lite'));
    expect(output).toContain('traffic is driven in development and staging only');
  });

  it('stops at once when its run is aborted, and says what it sent until then', async () => {
    const step = `  - { load: { url: "${url()}", rate: 20 }, for: 50s }`;
    const { code, errors } = await rig.leash('run', file(step));
    expect([code, errors]).toEqual([0, '']);
    await until('traffic arrives', () => seen.length > 5);
    const pid = await until('the driver is there', driver);
    const { document: list } = await rig.json('runs', '--max', '1');
    expect((await rig.leash('abort', list.runs[0].runId)).code).toBe(0);
    await until('the driver is gone', () => !isAlive(pid));
    const { document } = await rig.json('show', list.runs[0].runId);
    expect(document).toMatchObject({ result: 'aborted', loads: [{ over: true, error: '' }] });
    expect(document.loads[0].requests).toBeGreaterThan(5);
  }, 60_000);

  it('ends its run when the program that drives it ends', async () => {
    const running = rig.json('run', file(`  - { load: { url: "${url()}", rate: 20 }, for: 50s }`), '--wait');
    process.kill(await until('the driver is there', driver), 'SIGKILL');
    const { code, document } = await running;
    expect([code, document.cause]).toEqual([4, expect.stringMatching(/^load-failed: step 1: .*ended by SIGKILL/)]);
  }, 60_000);

  it('ends with the coordinator, whose run then ends truthfully', async () => {
    const { code } = await rig.leash('run', file(`  - { load: { url: "${url()}", rate: 20 }, for: 50s }`));
    expect(code).toBe(0);
    await until('traffic arrives', () => seen.length > 5);
    const pid = await until('the driver is there', driver);
    const gone = once(rig.coordinator(), 'exit');
    rig.coordinator().kill('SIGKILL');
    await gone;
    await until('the driver is gone', () => !isAlive(pid), 5000);
    await rig.startCoordinator();
    const run = await until('the run is over', async () => {
      const { document } = await rig.json('runs', '--max', '1');
      return document.runs[0].phase === 'ended' && document.runs[0];
    });
    expect(run.cause).toContain('coordinator-restarted');
    expect(run.loads[0].error).toContain('ended with the coordinator');
  }, 60_000);
});

/** A zombie is gone: it sends nothing any more. */
function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2)[0] !== 'Z';
  } catch {
    return false;
  }
}
