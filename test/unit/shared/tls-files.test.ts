import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createAuthority, issueCertificate } from '../../../coordinator/ca/certificate-authority.ts';
import { loadTlsFiles, principalOfCertificate, TlsProblem } from '../../../shared/tls-files.ts';

const now = Date.UTC(2026, 0, 1);
const dayMs = 24 * 3_600_000;
let root: string;
let count = 0;

beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'leash-tls-'));
  await createAuthority({ directory: join(root, 'ca'), trustDomain: 'leash.local', nowUnixMs: now });
  await createAuthority({ directory: join(root, 'other-ca'), trustDomain: 'leash.local', nowUnixMs: now });
});

afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A fresh directory with the files of one runner. */
async function directoryOf(name = 'ada', authority = 'ca'): Promise<string> {
  const outDirectory = join(root, `tls-${++count}`);
  await issueCertificate(join(root, authority), { role: 'runner', name, outDirectory, nowUnixMs: now });
  return outDirectory;
}

function problemOf(directory: string, options: Parameters<typeof loadTlsFiles>[1] = { nowUnixMs: now }): TlsProblem {
  try {
    loadTlsFiles(directory, options);
  } catch (error) {
    if (error instanceof TlsProblem) return error;
    throw error;
  }
  throw new Error('the files were accepted');
}

describe('a directory of TLS files', () => {
  test('says who its holder is and until when', async () => {
    const files = loadTlsFiles(await directoryOf(), { nowUnixMs: now, roles: ['runner'] });
    expect(files.principal).toEqual({ trustDomain: 'leash.local', role: 'runner', name: 'ada' });
    expect(files.notAfterUnixMs).toBe(now + dayMs);
  });

  test('that is not there is named', () => {
    expect(problemOf('/nowhere')).toMatchObject({ kind: 'files', message: '/nowhere: does not exist' });
  });

  test('without a key, or with two certificates, says so', async () => {
    const [keyless, twofold] = [await directoryOf(), await directoryOf()];
    rmSync(join(keyless, 'ada.key'));
    expect(problemOf(keyless).message).toBe(`${keyless}/ada.key: does not exist`);
    copyFileSync(join(twofold, 'ada.crt'), join(twofold, 'bob.crt'));
    expect(problemOf(twofold).message).toContain('holds 2 certificates (ada.crt, bob.crt), not one');
  });

  test('with a key that others may read is refused', async () => {
    const directory = await directoryOf();
    chmodSync(join(directory, 'ada.key'), 0o640);
    expect(problemOf(directory)).toMatchObject({ kind: 'identity' });
    expect(problemOf(directory).message).toContain('others may read this key (mode 640); chmod 600');
  });

  test('that expired says since when', async () => {
    const problem = problemOf(await directoryOf(), { nowUnixMs: now + dayMs + 1000 });
    expect(problem.message).toContain('expired at 2026-01-02T00:00:00.000Z; issue a new one, or set the clock');
    expect(problem.kind).toBe('identity');
  });

  test('that is not valid yet asks for the clock', async () => {
    const problem = problemOf(await directoryOf(), { nowUnixMs: now - dayMs });
    expect(problem.message).toMatch(/is not valid before .*; set the clock/);
  });

  test('with the wrong role says which it must be', async () => {
    const problem = problemOf(await directoryOf(), { nowUnixMs: now, roles: ['coordinator'] });
    expect(problem.message).toContain('names spiffe://leash.local/runner/ada, but the role must be coordinator');
  });

  test('with files that do not belong together is refused', async () => {
    const [one, other] = [await directoryOf(), await directoryOf()];
    copyFileSync(join(other, 'ada.key'), join(one, 'ada.key'));
    expect(problemOf(one).message).toContain('is not the key of');
    copyFileSync(join(root, 'other-ca/ca.crt'), join(other, 'ca.crt'));
    expect(problemOf(other).message).toContain('was not issued by');
  });

  test('with something else than PEM says which file', async () => {
    const directory = await directoryOf();
    writeFileSync(join(directory, 'ada.crt'), 'hello');
    expect(problemOf(directory).message).toBe(`${directory}/ada.crt: is not a certificate in PEM`);
  });
});

describe('the principal of a certificate', () => {
  const validTo = 'Jan  2 00:00:00 2026 GMT';
  const of = (subjectaltname?: string) => principalOfCertificate({ subjectaltname, valid_to: validTo });

  test('is read from the bytes when they are there', async () => {
    const raw = Buffer.from(
      readFileSync(join(await directoryOf(), 'ada.crt'), 'utf8').replace(/-----[^-]+-----|\s/g, ''),
      'base64',
    );
    expect(principalOfCertificate({ raw, subjectaltname: 'URI:spiffe://leash.local/halter/eve' })).toMatchObject({
      principal: { role: 'runner', name: 'ada' },
    });
    expect(principalOfCertificate({ raw: Buffer.from('junk') }).error).toContain('no URI name');
  });

  test('is the one URI name, beside any DNS names', () => {
    expect(of('DNS:localhost, URI:spiffe://leash.local/agent/web-1, IP Address:127.0.0.1')).toEqual({
      principal: { trustDomain: 'leash.local', role: 'agent', name: 'web-1' },
      notAfterUnixMs: Date.UTC(2026, 0, 2),
    });
  });

  test.each([
    ['no names at all', undefined, 'no URI name'],
    ['only DNS names', 'DNS:coordinator', 'no URI name'],
    ['two URI names', 'URI:spiffe://a/agent/x, URI:spiffe://a/halter/x', 'has 2 URI names'],
    ['a wildcard', 'URI:spiffe://leash.local/*/x', 'must be one of viewer'],
    ['an unknown role', 'URI:spiffe://leash.local/root/x', 'must be one of viewer'],
    ['a longer path', 'URI:spiffe://leash.local/agent/x/y', 'must be spiffe://'],
    ['another scheme', 'URI:https://leash.local/agent/x', 'must be spiffe://'],
    ['a DNS name that smuggles a URI', 'DNS:"x, URI:spiffe://leash.local/halter/eve"', 'no URI name'],
    ['a URI in quotes', 'URI:"spiffe://leash.local/halter/eve\\u0000"', 'must be spiffe://'],
  ])('%s names nobody', (_what, names, error) => {
    expect(of(names).error).toContain(error);
  });

  test('without an end of validity names nobody', () => {
    expect(principalOfCertificate({ subjectaltname: 'URI:spiffe://a/agent/x' }).error).toContain('until when');
  });
});
