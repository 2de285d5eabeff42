/**
 * The emergency stop when everything that has to say yes to a start is really gone: OPA killed, the ticket service
 * closed, the provider of identities ended, and the disk of the store read-only under a coordinator that runs.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { request } from 'node:https';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addToken } from '../../coordinator/http/tokens.ts';
import { makeTestDirectory, type TestDirectory } from '../rig/directory.ts';
import { type FleetRig, startFleetRig } from '../rig/fleet.ts';
import { freePort } from '../rig/free-port.ts';
import { findProgram, unless } from '../rig/requirement.ts';
import { makeServerCertificate } from '../rig/server-certificate.ts';
import { type SideProcess, startSideProcess } from '../rig/side-process.ts';
import { until } from '../rig/until.ts';
import { startWorker, type Worker, workerName } from '../rig/workers.ts';

const opaPath = process.env.LEASH_OPA ?? findProgram('opa');
const itWithOpa = unless(
  opaPath !== undefined,
  'OPA (go install github.com/open-policy-agent/opa@v1.22.4, or LEASH_OPA)',
);
/** A real file system that goes read-only under open files is one on a disk: tmpfs refuses that while anyone writes. */
const hasDisk = process.getuid?.() === 0 && existsSync('/dev/loop-control') && findProgram('mkfs.ext4') !== undefined;
const itWithDisk = unless(hasDisk, 'root, a loop device and mkfs.ext4, for a disk that goes read-only');

const signingSecret = '0123456789abcdef0123456789abcdef';
const sam = 'U024BE7LH';

describe('a fleet whose every adviser is really gone', () => {
  const name = workerName('e');
  let directory: TestDirectory;
  let opa: ChildProcess | undefined;
  let opaPort: number;
  let tickets: Server | undefined;
  let ticketPort: number;
  let provider: SideProcess<never>;
  let rig: FleetRig;
  let worker: Worker;
  let httpPort: number;
  let program: string;
  let mounted = '';

  async function startOpa(): Promise<void> {
    if (!opaPath) return;
    const policy = join(directory.path, 'leash.rego');
    writeFileSync(policy, 'package leash\n\ndefault allow := true\n');
    const args = ['run', '--server', '--disable-telemetry', '--addr', `127.0.0.1:${opaPort}`, policy];
    opa = spawn(opaPath, args, { stdio: 'ignore' });
    const health = `http://127.0.0.1:${opaPort}/health`;
    await until('OPA answers', async () => (await fetch(health).catch(() => undefined))?.ok === true, 60_000);
  }
  async function killOpa(): Promise<void> {
    if (!opa || opa.exitCode !== null || opa.signalCode !== null) return;
    const ended = once(opa, 'exit');
    opa.kill('SIGKILL');
    await ended;
  }
  async function openTickets(): Promise<void> {
    tickets = createServer((_request, response) => response.end('{"state":"approved"}'));
    await once(tickets.listen(ticketPort, '127.0.0.1'), 'listening');
  }
  async function closeTickets(): Promise<void> {
    tickets?.closeAllConnections();
    await new Promise((resolve) => (tickets ? tickets.close(resolve) : resolve(undefined)));
  }

  beforeAll(async () => {
    directory = makeTestDirectory();
    opaPort = await freePort();
    ticketPort = await freePort();
    await Promise.all([startOpa(), openTickets()]);
    const { cert, key } = await makeServerCertificate(directory.path);
    const issuerPort = await freePort();
    const providerProgram = new URL('../rig/identity-provider.mjs', import.meta.url).pathname;
    provider = await startSideProcess([process.execPath, providerProgram, cert, key, String(issuerPort)]);
    const tokens = join(directory.path, 'tokens.json');
    program = await addToken(tokens, { name: 'pager', match: [], nowUnixMs: Date.now() });
    const secretFile = join(directory.path, 'slack');
    writeFileSync(secretFile, signingSecret, { mode: 0o600 });
    httpPort = await freePort();
    worker = await startWorker(name);
    rig = await startFleetRig({
      hosts: 2,
      policy: 'stage: development\ninjectsPerMinute: 600\n',
      config: `${opaPath ? `policy: { opa: { url: "http://127.0.0.1:${opaPort}/v1/data/leash" } }\n` : ''}
ticket: { stages: [development], url: "http://127.0.0.1:${ticketPort}/{ticket}", field: state, values: [approved] }
oidc: { issuer: "https://127.0.0.1:${issuerPort}", clientId: leash, ca: ${cert} }
chat: { slack: { signingSecret: ${secretFile}, team: T0001, halters: { ${sam}: sam@example.com } } }
`,
      serve: ['--http', `127.0.0.1:${httpPort}`, '--tokens', tokens],
      prepare(state) {
        if (!hasDisk) return;
        const image = join(directory.path, 'disk');
        execFileSync('truncate', ['-s', '32M', image]);
        execFileSync('mkfs.ext4', ['-q', '-F', '-m', '0', image]);
        execFileSync('mount', ['-o', 'loop,errors=remount-ro', image, state]);
        execFileSync('chmod', ['0700', state]);
        mounted = state;
      },
    });
  });
  afterAll(async () => {
    await worker?.end();
    if (mounted !== '') execFileSync('umount', ['--lazy', mounted]);
    await rig?.dispose();
    await provider?.stop().catch(() => undefined);
    await closeTickets();
    await killOpa();
    directory?.remove();
  });

  const experiment = (seconds: number): string => `apiVersion: leash/v1
kind: Experiment
metadata: { name: held, owner: test@example.com }
stage: development
ticket: CHG-42
targets: { hosts: { names: [host-a] }, processes: { name: ${name} } }
method: [ { fault: process.pause, for: ${seconds}s } ]
`;
  /** What each gate that refuses a start says. */
  const refusals = async (): Promise<string> => {
    const { code, errors, output } = await rig.leash('run', rig.write('again.yaml', experiment(1)));
    expect(code, output + errors).not.toBe(0);
    return errors;
  };

  interface Answer {
    readonly status: number;
    readonly text: string;
  }
  function post(path: string, body: string, headers: Readonly<Record<string, string>>): Promise<Answer> {
    const options = {
      host: '127.0.0.1',
      port: httpPort,
      path,
      method: 'POST',
      headers,
      ca: readFileSync(join(rig.directory.path, 'ca', 'ca.crt')),
      checkServerIdentity: () => undefined,
    };
    return new Promise((resolve, reject) => {
      request(options, (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (chunk: string) => {
          text += chunk;
        });
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text }));
      })
        .on('error', reject)
        .end(body);
    });
  }
  /** As Slack sends it. */
  function slashCommand(text: string, { user = sam, at = Math.floor(Date.now() / 1000), secret = signingSecret } = {}) {
    const body = new URLSearchParams({ team_id: 'T0001', user_id: user, command: '/leash-halt', text }).toString();
    const signature = createHmac('sha256', secret).update(`v0:${at}:${body}`).digest('hex');
    const headers = {
      'content-type': 'application/x-www-form-urlencoded',
      'x-slack-request-timestamp': String(at),
      'x-slack-signature': `v0=${signature}`,
    };
    return { body, headers, send: () => post('/chat/slack', body, headers) };
  }

  const haltsOf = (): Promise<readonly boolean[]> =>
    Promise.all(rig.hosts.map(async ({ agent }) => (await agent.client.call('describe', {})).halt?.halted === true));
  /** On the hosts themselves, since a coordinator whose store is read-only releases nothing. */
  async function rearmHosts(): Promise<void> {
    for (const [index] of rig.hosts.entries()) expect((await rig.agentCommand(index, 'rearm')).errors).toBe('');
    expect(await haltsOf()).toEqual([false, false]);
  }

  it('starts a run while all of them are there', async () => {
    const { code, output, errors } = await rig.leash('run', rig.write('held.yaml', experiment(240)));
    expect(code, output + errors).toBe(0);
    await until('the worker is held', () => worker.isHeld());
  });

  itWithOpa('starts none while OPA is gone', async () => {
    await killOpa();
    expect(await refusals()).toMatch(/policy: OPA could not be asked: .*ECONNREFUSED/);
    await startOpa();
  });

  it('starts none while the ticket service is gone', async () => {
    await closeTickets();
    expect(await refusals()).toMatch(/ticket: CHG-42: could not be checked: .*ECONNREFUSED/);
    await openTickets();
  });

  itWithDisk('starts none once its disk is read-only', async () => {
    // What ext4 does by itself when a disk fails: open files stay open, and take nothing any more.
    execFileSync('mount', ['-o', 'remount,abort', mounted]);
    await until('the disk takes nothing', () => {
      try {
        writeFileSync(join(mounted, 'probe'), 'x');
        return false;
      } catch (error) {
        return (error as NodeJS.ErrnoException).code === 'EROFS';
      }
    });
    expect(await refusals()).toMatch(
      /the store takes nothing \(.*\): see to the disk of .*; leash halt works without it/,
    );
    expect(worker.isHeld()).toBe(true);
  });

  it('loses all of them at once, with a run going on', async () => {
    await Promise.all([killOpa(), closeTickets(), provider.stop().catch(() => undefined)]);
    await refusals();
    expect(worker.isHeld()).toBe(true);
  });

  it('is not halted by a wrong signature, an old one, or somebody whom nobody named', async () => {
    const old = Math.floor(Date.now() / 1000) - 301;
    expect((await slashCommand('', { secret: 'guess' }).send()).status).toBe(401);
    expect((await slashCommand('', { at: old }).send()).status).toBe(401);
    const stranger = await slashCommand('', { user: 'U000000EVE' }).send();
    expect([stranger.status, stranger.text]).toEqual([200, expect.stringContaining('Nothing was halted')]);
    expect((await post('/v1/halt', '', { authorization: 'Bearer guess' })).status).toBe(401);
    expect(await haltsOf()).toEqual([false, false]);
    expect(worker.isHeld()).toBe(true);
  });

  it('is halted by a slash command of Slack over TLS, which lets go of what is held', async () => {
    const command = slashCommand('the shop is on fire');
    const { status, text } = await command.send();
    expect([status, JSON.parse(text)]).toEqual([200, { response_type: 'in_channel', text: 'Halted: 2 of 2 hosts.' }]);
    expect(await haltsOf()).toEqual([true, true]);
    await until('the worker runs', () => worker.isRunning());
    await rearmHosts();
    // The same call once more, by somebody who has listened.
    const replayed = await command.send();
    expect([replayed.status, replayed.text]).toEqual([401, expect.stringContaining('it came before')]);
    expect(await haltsOf()).toEqual([false, false]);
  });

  it('is halted by one POST with a token', async () => {
    const { status, text } = await post('/v1/halt', '', { authorization: `Bearer ${program}` });
    expect([status, JSON.parse(text)]).toMatchObject([
      200,
      { halted: true, hosts: [{ latched: true }, { latched: true }] },
    ]);
    expect(await haltsOf()).toEqual([true, true]);
    await rearmHosts();
  });

  it('is halted by `leash halt`', async () => {
    const { code, document } = await rig.json('halt', '--reason', 'test');
    expect([code, document.confirmed]).toEqual([0, true]);
    expect(await haltsOf()).toEqual([true, true]);
    await rearmHosts();
  });

  it('is halted past the coordinator, by a certificate of a halter', async () => {
    const { code, document } = await rig.json('halt', '--direct', '--tls', await rig.issue('halter', 'anyone'));
    expect([code, document.confirmed]).toEqual([0, true]);
    expect(await haltsOf()).toEqual([true, true]);
  });
});
