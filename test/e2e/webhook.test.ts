import { readFileSync } from 'node:fs';
import { request as requestHttp } from 'node:http';
import { request } from 'node:https';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addToken } from '../../coordinator/http/tokens.ts';
import { makeTestDirectory, type TestDirectory } from '../rig/directory.ts';
import { type FleetRig, startFleetRig } from '../rig/fleet.ts';
import { freePort } from '../rig/free-port.ts';
import { until } from '../rig/until.ts';
import { startWorker, type Worker, workerName } from '../rig/workers.ts';

describe('a webhook with a token, over TLS', () => {
  const name = workerName('h');
  let directory: TestDirectory;
  let rig: FleetRig;
  let worker: Worker;
  let token: string;
  let port: number;
  let file: string;

  beforeAll(async () => {
    directory = makeTestDirectory();
    const tokens = join(directory.path, 'tokens.json');
    token = await addToken(tokens, { name: 'alertmanager', match: ['service'], nowUnixMs: Date.now() });
    port = await freePort();
    worker = await startWorker(name);
    rig = await startFleetRig({ hosts: 1, serve: ['--http', `127.0.0.1:${port}`, '--tokens', tokens] });
    file = rig.write(
      'hold.yaml',
      `apiVersion: leash/v1
kind: Experiment
metadata: { name: hold, owner: test@example.com, labels: { service: shop } }
stage: development
targets: { hosts: { mode: one }, processes: { name: ${name}, mode: one } }
method: [ { fault: process.pause, for: 60s } ]
`,
    );
  });
  afterAll(async () => {
    await worker?.end();
    await rig?.dispose();
    directory?.remove();
  });

  function post(path: string, body: unknown, secret: string): Promise<{ status: number; text: string }> {
    const ca = readFileSync(join(rig.directory.path, 'ca', 'ca.crt'));
    const headers = { authorization: `Bearer ${secret}`, 'content-type': 'application/json' };
    return new Promise((resolve, reject) => {
      const options = {
        host: '127.0.0.1',
        port,
        path,
        method: 'POST',
        headers,
        ca,
        checkServerIdentity: () => undefined,
      };
      request(options, (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
      })
        .on('error', reject)
        .end(JSON.stringify(body));
    });
  }

  it('ends the run that the alert is about, and no other', async () => {
    const { code } = await rig.leash('run', file);
    expect(code).toBe(0);
    await until('the worker is held', () => worker.isHeld());
    const alert = (service: string) => ({
      version: '4',
      status: 'firing',
      alerts: [{ status: 'firing', labels: { alertname: 'TooManyErrors', service } }],
    });
    expect(await post('/v1/alertmanager', alert('mail'), token)).toMatchObject({ status: 200 });
    expect(await post('/v1/alertmanager', alert('shop'), 'guess')).toMatchObject({ status: 401 });
    expect(worker.isHeld()).toBe(true);
    const isAudited = async (): Promise<boolean> => {
      const { output } = await rig.leash(
        'audit',
        'search',
        join(rig.directory.path, 'coordinator'),
        '--phase',
        'refusal',
      );
      return output.includes('POST /v1/alertmanager') && !output.includes('guess');
    };
    await until('the guess is in the audit', isAudited);
    const answer = await post('/v1/alertmanager', alert('shop'), token);
    expect(answer.status).toBe(202);
    await until('the worker runs on', () => worker.isRunning());
    const [runId] = JSON.parse(answer.text).aborted;
    const { document } = await until('the run has ended', async () => {
      const shown = await rig.json('show', runId);
      return shown.document.phase === 'ended' && shown;
    });
    expect(document).toMatchObject({
      result: 'aborted',
      cause: 'aborted-by-webhook: by token alertmanager: alert TooManyErrors',
    });
  });

  it('speaks no plaintext', async () => {
    await expect(
      new Promise((resolve, reject) => requestHttp({ port, host: '127.0.0.1' }, resolve).on('error', reject).end()),
    ).rejects.toThrow();
    const refused = await rig.leash('serve', '--inventory', 'x', '--http', '127.0.0.1:1', '--tokens', 'x');
    expect(refused.code).toBe(2);
    expect(refused.errors).toContain('HTTP on TCP is always TLS');
  });
});
