import { spawn } from 'node:child_process';
import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { request } from 'node:https';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { addToken } from '../../coordinator/http/tokens.ts';
import { fillInForms } from '../rig/browser.ts';
import { makeTestDirectory, type TestDirectory } from '../rig/directory.ts';
import { type CommandResult, type FleetRig, startFleetRig } from '../rig/fleet.ts';
import { freePort } from '../rig/free-port.ts';
import { distFolder } from '../rig/project.ts';
import { makeServerCertificate } from '../rig/server-certificate.ts';
import { type SideProcess, startSideProcess } from '../rig/side-process.ts';
import { until } from '../rig/until.ts';

describe('a person who logs in at a real provider of identities', () => {
  let directory: TestDirectory;
  let provider: SideProcess<never>;
  let rig: FleetRig;
  let issuer: string;
  let issuerCa: string;
  let address: string;
  let httpPort: number;
  let programToken: string;

  beforeAll(async () => {
    directory = makeTestDirectory();
    const { cert, key } = await makeServerCertificate(directory.path);
    const port = await freePort();
    issuer = `https://127.0.0.1:${port}`;
    issuerCa = cert;
    const program = new URL('../rig/identity-provider.mjs', import.meta.url).pathname;
    provider = await startSideProcess([process.execPath, program, cert, key, String(port)]);
    const tokens = join(directory.path, 'tokens.json');
    programToken = await addToken(tokens, { name: 'ci', match: [], nowUnixMs: Date.now() });
    address = `127.0.0.1:${await freePort()}`;
    httpPort = await freePort();
    rig = await startFleetRig({
      hosts: 1,
      config: `oidc: { issuer: "${issuer}", clientId: leash, ca: ${cert} }
access:
  bindings:
    - { who: ["group:sre"], role: halter }
    - { who: ["group:sre"], role: runner, labels: { app: shop }, stages: [development], faults: ["process.*"] }
    - { who: ["token:ci"], role: viewer }
`,
      serve: ['--listen-tokens', address, '--tokens', tokens, '--http', `127.0.0.1:${httpPort}`],
    });
  });
  afterAll(async () => {
    await rig?.dispose();
    // It prints nothing at its end.
    await provider?.stop().catch(() => undefined);
    directory?.remove();
  });

  const ca = (): string => join(rig.directory.path, 'ca', 'ca.crt');
  const home = (who: string): string => directory.sub(who);

  /** A whole login: the command asks, and a browser elsewhere says yes. */
  async function login(who: string, ...more: readonly string[]): Promise<CommandResult> {
    const args = ['login', '--issuer', issuer, '--issuer-ca', issuerCa, ...more];
    const child = spawn(process.execPath, [join(distFolder, 'leash.js'), ...args], {
      env: { ...process.env, XDG_STATE_HOME: home(who), NO_COLOR: '1' },
    });
    let output = '';
    let errors = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      errors += chunk;
    });
    const ended = new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? -1)));
    const [, page = ''] = await until(
      'it says what to open',
      () => /open (https:\S+) and confirm/.exec(errors) ?? false,
    );
    const last = await fillInForms(page, readFileSync(issuerCa), { login: who, password: 'any' });
    expect(last).toContain('Sign-in Success');
    return { code: await ended, output, errors };
  }
  function as(who: string, ...args: readonly string[]): Promise<CommandResult> {
    const child = spawn(
      process.execPath,
      [join(distFolder, 'leash.js'), ...args, '--coordinator', address, '--ca', ca()],
      { env: { ...process.env, XDG_STATE_HOME: home(who), NO_COLOR: '1' } },
    );
    let output = '';
    let errors = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      errors += chunk;
    });
    return new Promise((resolve) => child.once('close', (code) => resolve({ code: code ?? -1, output, errors })));
  }
  function post(path: string, secret: string): Promise<{ status: number; text: string }> {
    const headers = { authorization: `Bearer ${secret}` };
    const options = {
      host: '127.0.0.1',
      port: httpPort,
      path,
      method: 'POST',
      headers,
      ca: readFileSync(ca()),
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
        .end();
    });
  }

  it('has the roles of their groups, where the bindings say, and no other', async () => {
    expect((await as('alice', 'whoami')).errors).toContain('nobody is logged in here');
    const done = await login('alice');
    expect([done.code, done.output]).toEqual([0, expect.stringContaining(`logged in at ${issuer} until`)]);
    expect(statSync(join(home('alice'), 'leash', 'login.json')).mode & 0o777).toBe(0o600);
    const who = await as('alice', 'whoami');
    expect(who.output).toContain('oidc:alice@example.com  (alice@example.com)');
    expect(who.output).toContain('groups   sre');
    expect(who.output).toContain('role     runner: hosts app=shop; development; process.* (binding 2)');
    expect(
      (await as('alice', 'can', 'run', '--host', 'host-a', '--fault', 'process.pause', '--stage', 'development')).code,
    ).toBe(0);
    const no = await as('alice', 'can', 'run', '--host', 'host-a', '--fault', 'stress.cpu', '--stage', 'development');
    expect([no.code, no.output]).toEqual([7, expect.stringContaining('may not Start stress.cpu on host-a')]);
    expect((await as('alice', 'hosts')).code).toBe(0);
    expect((await as('alice', 'rearm')).errors).toContain('role halter, runner may not rearmFleet');
  });

  it('stays logged in beyond the life of one token, where the provider lets it be renewed', async () => {
    const path = join(home('alice'), 'leash', 'login.json');
    const runOut = (): void => {
      const saved = JSON.parse(readFileSync(path, 'utf8'));
      // As the clock would have it later: the token is not looked at once it has run out.
      writeFileSync(path, JSON.stringify({ ...saved, token: 'run out', expiresAtUnixMs: 1 }), { mode: 0o600 });
    };
    runOut();
    expect((await as('alice', 'whoami')).errors).toMatch(/ran out at 1970-\S+: leash login/);
    expect((await login('alice', '--scope', 'openid email groups offline_access')).code).toBe(0);
    const first = JSON.parse(readFileSync(path, 'utf8'));
    expect(first.renewal).toMatchObject({ clientId: 'leash', refreshToken: expect.stringMatching(/.{20,}/) });
    for (let renewals = 0; renewals < 2; renewals += 1) {
      runOut();
      expect((await as('alice', 'whoami')).output).toContain('oidc:alice@example.com');
      const renewed = JSON.parse(readFileSync(path, 'utf8'));
      expect(renewed.expiresAtUnixMs).toBeGreaterThan(Date.now());
      expect(statSync(path).mode & 0o777).toBe(0o600);
    }
    const saved = JSON.parse(readFileSync(path, 'utf8'));
    const wrong = { ...saved, expiresAtUnixMs: 1, renewal: { ...saved.renewal, refreshToken: 'guess' } };
    writeFileSync(path, JSON.stringify(wrong), { mode: 0o600 });
    const refused = await as('alice', 'whoami');
    expect([refused.code, refused.errors]).toEqual([
      7,
      expect.stringMatching(/ran out .*was not renewed \(.*\): leash login/),
    ]);
    writeFileSync(path, JSON.stringify(saved), { mode: 0o600 });
    expect((await as('alice', 'whoami')).code).toBe(0);
  });

  it('is not somebody else by an email that the provider has not verified', async () => {
    expect((await login('mallory')).code).toBe(0);
    const { code, errors } = await as('mallory', 'whoami');
    expect([code, errors]).toEqual([7, expect.stringContaining('has not verified that alice@example.com')]);
  });

  it('is nobody by a token that was changed, or by none; a program is what a binding says', async () => {
    const saved = JSON.parse(readFileSync(join(home('alice'), 'leash', 'login.json'), 'utf8'));
    const file = join(directory.path, 'token');
    const [head, body, signature] = saved.token.split('.');
    const claims = JSON.parse(Buffer.from(body, 'base64url').toString());
    const forged = Buffer.from(JSON.stringify({ ...claims, groups: ['sre', 'admin'] })).toString('base64url');
    const unsigned = Buffer.from(JSON.stringify({ alg: 'none' })).toString('base64url');
    for (const token of [`${head}.${forged}.${signature}`, `${unsigned}.${body}.`, 'guess']) {
      writeFileSync(file, token, { mode: 0o600 });
      expect((await as('alice', 'whoami', '--token-file', file)).code).toBe(7);
    }
    writeFileSync(file, programToken, { mode: 0o600 });
    expect((await as('alice', 'whoami', '--token-file', file)).output).toContain('token:ci');
    expect((await as('alice', 'hosts', '--token-file', file)).code).toBe(0);
    expect((await as('alice', 'halt', '--token-file', file)).code).toBe(7);
  });

  it('halts, over gRPC and by one POST; a certificate and a token of ours do so also when the provider is down', async () => {
    const { token } = JSON.parse(readFileSync(join(home('alice'), 'leash', 'login.json'), 'utf8'));
    expect((await as('alice', 'halt', '--reason', 'logged in')).code).toBe(0);
    expect((await rig.leash('rearm')).code).toBe(0);
    expect((await post('/v1/halt', token)).status).toBe(200);
    expect((await rig.leash('rearm')).code).toBe(0);
    await provider.stop().catch(() => undefined);
    const restarted = rig.coordinator();
    const ended = new Promise((resolve) => restarted.once('exit', resolve));
    restarted.kill('SIGTERM');
    await ended;
    // It knows no keys of the provider any more, and cannot ask for them.
    await rig.startCoordinator();
    const nobody = await as('alice', 'whoami');
    expect([nobody.code, nobody.errors]).toEqual([7, expect.stringContaining('the token cannot be checked now')]);
    expect((await post('/v1/halt', token)).status).toBe(401);
    const answer = await post('/v1/halt', programToken);
    expect([answer.status, JSON.parse(answer.text).hosts]).toMatchObject([200, [{ host: 'host-a', latched: true }]]);
    expect((await rig.leash('rearm')).code).toBe(0);
    const halter = await rig.issue('halter', 'anyone');
    const direct = await rig.leash('halt', '--direct', '--tls', halter);
    expect([direct.code, direct.errors]).toEqual([0, '']);
  });
});
