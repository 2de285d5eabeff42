/** A real Prometheus that scrapes a coordinator by the example of the guide, while a run goes on and after a halt. */
import { type ChildProcess, spawn } from 'node:child_process';
import { copyFileSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import type { TokenRight } from '../../coordinator/http/tokens.ts';
import { addToken } from '../../coordinator/http/tokens.ts';
import { makeTestDirectory, type TestDirectory } from '../rig/directory.ts';
import { type FleetRig, startFleetRig } from '../rig/fleet.ts';
import { freePort } from '../rig/free-port.ts';
import { projectFolder } from '../rig/project.ts';
import { findProgram, unlessMissing } from '../rig/requirement.ts';
import { until } from '../rig/until.ts';
import { startWorker, type Worker, workerName } from '../rig/workers.ts';

const test = unlessMissing('prometheus', 'prometheus');
const examples = join(projectFolder, 'systemd/examples/prometheus');

interface Answer {
  readonly data?: { readonly result?: readonly { readonly value?: readonly [number, string] }[] };
}

describe('the metrics of a coordinator', () => {
  const name = workerName('m');
  const secrets = new Map<TokenRight, string>();
  let directory: TestDirectory;
  let rig: FleetRig;
  let worker: Worker;
  let prometheus: ChildProcess | undefined;
  let url: string;
  let port: number;
  let authority: Buffer;

  beforeAll(async () => {
    if (!findProgram('prometheus')) return;
    directory = makeTestDirectory();
    const tokens = join(directory.path, 'tokens.json');
    for (const may of ['metrics', 'abort'] as const) {
      secrets.set(may, await addToken(tokens, { name: may, match: [], may: [may], nowUnixMs: Date.now() }));
    }
    port = await freePort();
    worker = await startWorker(name);
    rig = await startFleetRig({ hosts: 1, serve: ['--http', `127.0.0.1:${port}`, '--tokens', tokens] });
    authority = readFileSync(join(rig.directory.path, 'ca', 'ca.crt'));
    await startPrometheus();
  });
  afterAll(async () => {
    prometheus?.kill('SIGKILL');
    await worker?.end();
    await rig?.dispose();
    directory?.remove();
  });

  async function startPrometheus(): Promise<void> {
    const at = (file: string) => join(directory.path, file);
    const example = readFileSync(join(examples, 'prometheus.yml'), 'utf8');
    const own = example
      .replace('"coordinator:8443"', `"127.0.0.1:${port}"`)
      .replace('server_name: coordinator', 'server_name: main');
    expect(own.match(/127\.0\.0\.1|main/g)).toHaveLength(2);
    const every = 'global: { scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s }';
    writeFileSync(at('prometheus.yml'), `${every}\n${own}`);
    copyFileSync(join(examples, 'leash-alerts.yml'), at('leash-alerts.yml'));
    writeFileSync(at('leash-ca.crt'), authority);
    writeFileSync(at('leash-token'), secrets.get('metrics') ?? '', { mode: 0o600 });
    const address = `127.0.0.1:${await freePort()}`;
    url = `http://${address}`;
    const log = openSync(at('prometheus.log'), 'a', 0o600);
    prometheus = spawn(
      'prometheus',
      [`--config.file=${at('prometheus.yml')}`, `--storage.tsdb.path=${at('tsdb')}`, `--web.listen-address=${address}`],
      { stdio: ['ignore', log, log] },
    );
    await until('Prometheus has scraped it', () => value('up{job="leash"}').then((up) => up === 1), 30_000);
  }

  async function value(query: string): Promise<number | undefined> {
    const answer = await fetch(`${url}/api/v1/query`, { method: 'POST', body: new URLSearchParams({ query }) }).catch(
      () => undefined,
    );
    const document = (await answer?.json().catch(() => undefined)) as Answer | undefined;
    const found = document?.data?.result?.[0]?.value?.[1];
    return found === undefined ? undefined : Number(found);
  }
  const becomes = (query: string, wanted: number): Promise<unknown> =>
    until(`${query} is ${wanted}`, async () => (await value(query)) === wanted, 30_000);

  function ask(method: string, path: string, secret?: string): Promise<number> {
    const headers = secret === undefined ? {} : { authorization: `Bearer ${secret}` };
    const options = { host: '127.0.0.1', port, path, method, headers, ca: authority, servername: 'main' };
    return new Promise((resolve, reject) => {
      request(options, (answer) => {
        answer.resume();
        resolve(answer.statusCode ?? 0);
      })
        .on('error', reject)
        .end();
    });
  }

  test('follow a run from its start to its end', async () => {
    await becomes('leash_host_connected{host="host-a"}', 1);
    const { code, document } = await rig.json(
      'run',
      rig.write(
        'held.yaml',
        `apiVersion: leash/v1
kind: Experiment
metadata: { name: held, owner: test@example.com }
stage: development
targets: { hosts: { mode: one }, processes: { name: ${name}, mode: one } }
method: [ { fault: process.pause, for: 60s } ]
`,
      ),
    );
    expect(code).toBe(0);
    await becomes('leash_host_faults_active{host="host-a"}', 1);
    await becomes('leash_runs{phase="running"}', 1);
    expect((await rig.leash('abort', document.runId, '--reason', 'seen')).code).toBe(0);
    await becomes('leash_runs_ended_total{result="aborted"}', 1);
    await becomes('leash_host_faults_active{host="host-a"}', 0);
    await becomes('sum(leash_runs)', 0);
    expect(await value('leash_host_runs_unresolved{host="host-a"}')).toBe(0);
    expect(worker.isRunning()).toBe(true);
  });

  test('are for tokens that may, which can do nothing else', async () => {
    expect(await ask('GET', '/v1/metrics')).toBe(401);
    expect(await ask('GET', '/v1/metrics', secrets.get('abort'))).toBe(403);
    expect(await ask('POST', '/v1/halt', secrets.get('metrics'))).toBe(403);
    expect(await ask('POST', '/v1/abort', secrets.get('metrics'))).toBe(403);
    expect(await value('leash_halted')).toBe(0);
  });

  test('say that the fleet is halted, and an alert of the example waits for its hour', async () => {
    expect((await rig.leash('halt', '--reason', 'seen')).code).toBe(0);
    await becomes('leash_halted', 1);
    await becomes('leash_host_halted{host="host-a"}', 1);
    await becomes('ALERTS{alertname="LeashHalted",alertstate="pending"}', 1);
    expect(await value('ALERTS{alertname="LeashNotConfirmedRestored"}')).toBeUndefined();
  });
});
