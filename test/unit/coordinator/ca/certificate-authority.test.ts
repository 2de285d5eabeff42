import { X509Certificate } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  createAuthority,
  issueCertificate,
  rotateCertificate,
} from '../../../../coordinator/ca/certificate-authority.ts';
import { listIssued, revokeIssued } from '../../../../coordinator/ca/issued.ts';
import { type Role, roles } from '../../../../proto/role.ts';
import { readDenyList } from '../../../../shared/deny-list.ts';

const now = Date.UTC(2026, 0, 1);
const dayMs = 24 * 3_600_000;
let root: string;
let authority: string;

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'leash-ca-'));
  authority = join(root, 'ca');
  await createAuthority({ directory: authority, trustDomain: 'shop.example', nowUnixMs: now });
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

async function issue(role: Role, more: { hosts?: string[]; validMs?: number; name?: string } = {}) {
  const files = await issueCertificate(authority, {
    role,
    name: 'web-1',
    outDirectory: join(root, role),
    nowUnixMs: now,
    ...more,
  });
  return { files, certificate: new X509Certificate(readFileSync(files.cert)) };
}

describe('an authority', () => {
  test('keeps its key for itself', () => {
    expect(statSync(authority).mode & 0o777).toBe(0o700);
    expect(statSync(join(authority, 'ca.key')).mode & 0o777).toBe(0o600);
  });

  test('is never overwritten', async () => {
    const before = readFileSync(join(authority, 'ca.key'), 'utf8');
    await expect(createAuthority({ directory: authority, trustDomain: 'x', nowUnixMs: now })).rejects.toThrow(
      'exists already, and is not overwritten',
    );
    expect(readFileSync(join(authority, 'ca.key'), 'utf8')).toBe(before);
  });

  test('has a trust domain that fits a name', async () => {
    const directory = join(root, 'other');
    await expect(createAuthority({ directory, trustDomain: 'Shop/x', nowUnixMs: now })).rejects.toThrow('spiffe://');
  });
});

describe('a certificate', () => {
  test.each(roles)('of the role %s names it, and nothing else is a URI', async (role) => {
    const { certificate } = await issue(role);
    const names = (certificate.subjectAltName ?? '').split(', ').filter((name) => name.startsWith('URI:'));
    expect(names).toEqual([`URI:spiffe://shop.example/${role}/web-1`]);
    expect(certificate.verify(new X509Certificate(readFileSync(join(authority, 'ca.crt'))).publicKey)).toBe(true);
    expect(certificate.ca).toBe(false);
  });

  test('answers calls only for the roles that serve', async () => {
    const [client, server] = ['1.3.6.1.5.5.7.3.2', '1.3.6.1.5.5.7.3.1'];
    for (const role of ['agent', 'coordinator'] as const) {
      const { certificate } = await issue(role, { hosts: ['web-1.example', '10.1.2.3'] });
      expect(certificate.keyUsage).toEqual([client, server]);
      expect(certificate.checkHost('localhost')).toBe('localhost');
      expect(certificate.checkHost('web-1.example')).toBe('web-1.example');
      expect(certificate.checkIP('10.1.2.3')).toBe('10.1.2.3');
      expect(certificate.checkIP('127.0.0.1')).toBe('127.0.0.1');
    }
    const { certificate } = await issue('runner');
    expect(certificate.keyUsage).toEqual([client]);
    expect(certificate.checkHost('localhost')).toBeUndefined();
  });

  test.each([
    ['runner', 1],
    ['approver', 1],
    ['agent', 30],
    ['coordinator', 30],
    ['halter', 365],
  ] as const)('of a %s is valid for %d days unless asked otherwise', async (role, days) => {
    const { certificate, files } = await issue(role);
    expect(Date.parse(certificate.validTo)).toBe(now + days * dayMs);
    expect(files.notAfterUnixMs).toBe(now + days * dayMs);
  });

  test('never outlives its authority', async () => {
    const { files } = await issue('halter', { validMs: 100 * 365 * dayMs });
    expect(files.notAfterUnixMs).toBe(now + 10 * 365 * dayMs);
  });

  test('comes with a key for its owner alone, and never over another one', async () => {
    const { files } = await issue('runner');
    expect(statSync(files.key).mode & 0o777).toBe(0o600);
    expect(statSync(join(root, 'runner')).mode & 0o777).toBe(0o700);
    await expect(issue('runner')).rejects.toThrow('exists already, and is not overwritten');
  });

  test('cannot carry a name that is a path', async () => {
    await expect(issue('runner', { name: '../x' })).rejects.toThrow('must be spiffe://TRUST-DOMAIN/ROLE/NAME');
  });

  test('has a serial number of its own', async () => {
    const [one, other] = [await issue('agent'), await issue('halter')];
    expect(one.certificate.serialNumber).not.toBe(other.certificate.serialNumber);
  });
});

describe('what was issued', () => {
  const states = () => Object.fromEntries(listIssued(authority, now).map(({ name, state }) => [name, state]));

  test('is listed with its state, and revoked by name or serial number', async () => {
    const agent = await issue('agent');
    await issue('runner');
    await issue('halter', { validMs: -dayMs });
    expect(states()).toEqual({
      'spiffe://shop.example/agent/web-1': 'valid',
      'spiffe://shop.example/runner/web-1': 'valid',
      'spiffe://shop.example/halter/web-1': 'expired',
    });
    const order = { reason: 'lost\nit', nowUnixMs: now };
    const { serialNumber } = agent.certificate;
    const revoked = revokeIssued(authority, { ...order, isMeant: (each) => each.serialNumber === serialNumber });
    expect(revoked.map(({ name }) => name)).toEqual(['spiffe://shop.example/agent/web-1']);
    expect(states()).toMatchObject({ 'spiffe://shop.example/agent/web-1': 'revoked' });
    const list = readDenyList(join(authority, 'deny.list'));
    expect(list.denies(agent.certificate)).toContain(
      'spiffe://shop.example/agent/web-1, 2026-01-01T00:00:00.000Z: lost it',
    );
    // Once is enough.
    expect(revokeIssued(authority, { ...order, isMeant: ({ name }) => name.includes('/agent/') })).toEqual([]);
  });
});

describe('a rotation', () => {
  test('puts a new key and certificate of the same name, role and hosts in place, readable as before', async () => {
    const { files, certificate } = await issue('agent', { hosts: ['web-1.example', '10.1.2.3'] });
    const key = readFileSync(files.key, 'utf8');
    const request = { tlsDirectory: join(root, 'agent'), nowUnixMs: now + dayMs };
    const rotated = await rotateCertificate(authority, request);
    const next = new X509Certificate(readFileSync(files.cert));
    expect(rotated.former.serialNumber).toBe(certificate.serialNumber);
    expect(next.serialNumber).toBe(rotated.serialNumber);
    expect(next.serialNumber).not.toBe(certificate.serialNumber);
    expect(next.subjectAltName).toBe(certificate.subjectAltName);
    expect(next.keyUsage).toEqual(certificate.keyUsage);
    expect(rotated.notAfterUnixMs).toBe(now + 31 * dayMs);
    expect(readFileSync(files.key, 'utf8')).not.toBe(key);
    expect(statSync(files.key).mode & 0o777).toBe(0o600);
    expect(statSync(files.cert).mode & 0o777).toBe(0o644);
  });

  test('of another authority’s certificate is refused', async () => {
    await issue('agent');
    const other = join(root, 'other-ca');
    await createAuthority({ directory: other, trustDomain: 'shop.example', nowUnixMs: now });
    await expect(rotateCertificate(other, { tlsDirectory: join(root, 'agent'), nowUnixMs: now })).rejects.toThrow(
      'is not of the authority in',
    );
  });
});
