import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { join } from 'node:path';
import { Hono } from 'hono';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { certificateRequest } from '../../../../agent/app/certificate-request.ts';
import { createAuthority } from '../../../../coordinator/ca/certificate-authority.ts';
import { createEnrolment, type Enrolment, type JoinRefused } from '../../../../coordinator/enrolment/enrolment.ts';
import { createJoinGrant } from '../../../../coordinator/enrolment/join-tokens.ts';
import { openJoinedHosts } from '../../../../coordinator/enrolment/joined-hosts.ts';
import type { InventoryHost } from '../../../../coordinator/fleet/inventory.ts';
import { addJoinRoutes } from '../../../../coordinator/http/join-routes.ts';
import { makeTestDirectory, type TestDirectory } from '../../../rig/directory.ts';

const nowUnixMs = Date.UTC(2026, 0, 1);
const labels = { app: 'shop' };

describe('enrolment', () => {
  let directory: TestDirectory;
  let enrolment: Enrolment;
  let tokens: string;
  let added: InventoryHost[];
  let audited: string[];
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });

  beforeEach(async () => {
    directory = makeTestDirectory();
    const authorityDirectory = directory.sub('ca');
    await createAuthority({ directory: authorityDirectory, trustDomain: 'fleet.test', nowUnixMs });
    tokens = join(directory.path, 'tokens');
    added = [];
    audited = [];
    enrolment = createEnrolment({
      authorityDirectory,
      tokensDirectory: tokens,
      joined: openJoinedHosts(directory.sub('state')),
      isListed: (name) => name === 'listed',
      unixMs: () => nowUnixMs,
      audit: async ({ action, subject }) => void audited.push(`${action} ${subject}`),
      add: (host) => added.push(host),
    });
  });
  afterEach(() => directory.remove());

  const grant = (name?: string): string =>
    createJoinGrant(tokens, { labels, expiresAtUnixMs: nowUnixMs + 1000, ...(name === undefined ? {} : { name }) });
  const requestOf = (secret: string, more: object = {}): object => ({
    secret,
    name: 'web-1',
    address: '10.0.0.1:7443',
    request: certificateRequest(keys, 'web-1'),
    ...more,
  });
  const refusal = (document: object): Promise<string> =>
    enrolment.join(document).then(
      () => 'joined',
      (error: JoinRefused) => error.reason,
    );

  test('certifies the key of the host by the name that was granted, and takes the host into the fleet', async () => {
    const { certificate, authority } = await enrolment.join(requestOf(grant()));
    const issued = new X509Certificate(certificate);
    expect(issued.subjectAltName).toContain('URI:spiffe://fleet.test/agent/web-1');
    expect(issued.checkPrivateKey(keys.privateKey)).toBe(true);
    expect(issued.verify(new X509Certificate(authority).publicKey)).toBe(true);
    expect(added).toEqual([{ name: 'web-1', address: { kind: 'tcp', host: '10.0.0.1', port: 7443 }, labels }]);
    expect(audited).toEqual(['join web-1']);
    expect(openJoinedHosts(join(directory.path, 'state')).hosts()).toEqual(added);
  });

  test('a second join by one token is answered with 410, and is in the audit without the token', async () => {
    const secret = grant();
    const refused: string[][] = [];
    const app = new Hono();
    addJoinRoutes(app, enrolment, (...words) => void refused.push(words));
    const join = () => app.request('/join', { method: 'POST', body: JSON.stringify(requestOf(secret)) });
    expect([(await join()).status, refused]).toEqual([201, []]);
    expect((await join()).status).toBe(410);
    expect(refused).toEqual([['nobody', 'POST /join', expect.stringMatching(/^used: /)]]);
    expect(JSON.stringify(refused)).not.toContain(secret);
  });

  test('of two hosts with one token lets one in', async () => {
    const secret = grant();
    const answers = await Promise.all([
      refusal(requestOf(secret)),
      refusal(requestOf(secret, { name: 'web-2', request: certificateRequest(keys, 'web-2') })),
    ]);
    expect(answers.sort()).toEqual(['joined', 'used']);
    expect(added).toHaveLength(1);
  });

  test('lets nobody take over a name without a token for that name', async () => {
    await enrolment.join(requestOf(grant()));
    expect(await refusal(requestOf(grant()))).toBe('joined-before');
    expect(await refusal(requestOf(grant(), { name: 'listed' }))).toBe('joined-before');
    expect(await refusal(requestOf(grant('web-1')))).toBe('joined');
  });

  test('refuses what is not right, and costs no token', async () => {
    const secret = grant();
    expect(await refusal(requestOf(secret, { request: 'nonsense' }))).toBe('invalid');
    expect(await refusal(requestOf(secret, { address: 'unix:/run/x' }))).toBe('invalid');
    expect(await refusal(requestOf(secret, { name: 'a/b' }))).toBe('invalid');
    expect(await refusal(requestOf(secret, { more: true }))).toBe('invalid');
    expect(await refusal({})).toBe('invalid');
    const other = certificateRequest(generateKeyPairSync('ec', { namedCurve: 'P-384' }), 'web-1');
    expect(await refusal(requestOf(secret, { request: other }))).toBe('invalid');
    expect(await refusal(requestOf(secret))).toBe('joined');
  });

  test('refuses a request whose maker does not have the key', async () => {
    const others = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const request = certificateRequest({ privateKey: others.privateKey, publicKey: keys.publicKey }, 'web-1');
    expect(await refusal(requestOf(grant(), { request }))).toBe('invalid');
  });
});
