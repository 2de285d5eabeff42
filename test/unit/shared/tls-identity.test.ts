/** TLS files that change under a running program, and those of other authorities. */
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createAuthority, issueCertificate, rotateCertificate } from '../../../coordinator/ca/certificate-authority.ts';
import { loadTlsFiles } from '../../../shared/tls-files.ts';
import { keepTlsFiles, type TlsNews } from '../../../shared/tls-identity.ts';

let root: string;
let directory: string;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'leash-identity-'));
  directory = join(root, 'web-1');
  await createAuthority({ directory: join(root, 'ca'), trustDomain: 'leash.test', nowUnixMs: Date.now() });
  await issue('web-1', directory);
});
afterEach(() => rmSync(root, { recursive: true }));

const issue = (name: string, outDirectory: string) =>
  issueCertificate(join(root, 'ca'), { role: 'agent', name, outDirectory, nowUnixMs: Date.now() });

function keep() {
  const news: TlsNews[] = [];
  const identity = keepTlsFiles(directory, { roles: ['agent'], onNews: (each) => news.push(each), pollMs: 1e6 });
  return { identity, news };
}

describe('files that change under a running program', () => {
  test('a new certificate comes into force, and those who listen are told', async () => {
    const { identity, news } = keep();
    const told: string[] = [];
    identity.watch(({ mark }) => told.push(mark.serialNumber));
    const { serialNumber, former } = await rotateCertificate(join(root, 'ca'), {
      tlsDirectory: directory,
      nowUnixMs: Date.now(),
    });
    expect(identity.files().mark.serialNumber).toBe(former.serialNumber);
    identity.refresh();
    expect(identity.files().mark.serialNumber).toBe(serialNumber);
    expect([told, news.map(({ kind }) => kind)]).toEqual([[serialNumber], ['in-force']]);
    identity.refresh();
    expect(told).toHaveLength(1);
  });

  test('while the new key is there and the new certificate is not, the former ones stay', async () => {
    const { identity, news } = keep();
    const before = identity.files().mark.serialNumber;
    await issue('web-1', join(root, 'next'));
    copyFileSync(join(root, 'next/web-1.key'), join(directory, 'web-1.key'));
    identity.refresh();
    identity.refresh();
    expect(identity.files().mark.serialNumber).toBe(before);
    expect(news).toEqual([{ kind: 'unusable', problem: expect.stringContaining('is not the key of') }]);
    copyFileSync(join(root, 'next/web-1.crt'), join(directory, 'web-1.crt'));
    identity.refresh();
    expect(identity.files().mark.serialNumber).not.toBe(before);
  });

  test.each([
    [
      'a deny list that is not right',
      () => writeFileSync(join(directory, 'deny.list'), 'nonsense\n'),
      'deny.list:1: "nonsense"',
    ],
    [
      'a deny list that was removed',
      () => rmSync(join(directory, 'deny.list')),
      'was removed; an empty one denies nobody',
    ],
    ['a key that others may read', () => chmodSync(join(directory, 'web-1.key'), 0o644), 'others may read this key'],
    ['a certificate that is gone', () => rmSync(join(directory, 'web-1.crt')), 'holds no certificate'],
  ])('%s takes nothing out of force', (_what, change, problem) => {
    writeFileSync(join(directory, 'deny.list'), 'abc123\n');
    const { identity, news } = keep();
    change();
    identity.refresh();
    expect(identity.files().denyList.denies({ serialNumber: 'ABC123', fingerprint256: '' })).toBeDefined();
    expect(news).toEqual([{ kind: 'unusable', problem: expect.stringContaining(problem) }]);
  });

  test('another name is another program: it is not taken on', async () => {
    const { identity, news } = keep();
    rmSync(directory, { recursive: true });
    await issue('web-2', directory);
    identity.refresh();
    expect(identity.files().principal.name).toBe('web-1');
    expect(news).toEqual([
      { kind: 'unusable', problem: expect.stringContaining('names spiffe://leash.test/agent/web-2 now') },
    ]);
  });
});

describe('a pair of any other authority does', () => {
  const openssl = (...args: readonly string[]): void =>
    void execFileSync('openssl', args, { cwd: root, stdio: 'pipe' });
  const write = (name: string, text: string): void => writeFileSync(join(root, name), text);

  function makeChain(algorithm: readonly string[]): string {
    const pair = (name: string): readonly string[] => ['-newkey', ...algorithm, '-nodes', '-keyout', `${name}.key`];
    write('ca.ext', 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign\n');
    write(
      'leaf.ext',
      'subjectAltName=URI:spiffe://corp.example/agent/web-1,DNS:web-1\nextendedKeyUsage=clientAuth,serverAuth\n',
    );
    openssl('req', '-x509', ...pair('root'), '-out', 'root.crt', '-subj', '/CN=root', '-days', '30');
    openssl('req', '-x509', ...pair('other'), '-out', 'other.crt', '-subj', '/CN=other root', '-days', '30');
    for (const [name, issuer, extensions] of [
      ['between', 'root', 'ca.ext'],
      ['leaf', 'between', 'leaf.ext'],
    ] as const) {
      openssl('req', '-new', ...pair(name), '-out', `${name}.csr`, '-subj', `/CN=${name}`);
      const signing = ['-CA', `${issuer}.crt`, '-CAkey', `${issuer}.key`, '-CAcreateserial', '-days', '20'];
      openssl('x509', '-req', '-in', `${name}.csr`, ...signing, '-extfile', extensions, '-out', `${name}.crt`);
    }
    const folder = join(root, 'corp');
    execFileSync('mkdir', ['-p', folder]);
    const read = (name: string): string => readFileSync(join(root, name), 'utf8');
    // Of two authorities, as while one takes over from the other; the chain comes with the certificate.
    writeFileSync(join(folder, 'ca.crt'), read('other.crt') + read('root.crt'));
    writeFileSync(join(folder, 'tls.crt'), read('leaf.crt') + read('between.crt'));
    writeFileSync(join(folder, 'tls.key'), read('leaf.key'), { mode: 0o600 });
    return folder;
  }

  test.each([
    ['RSA', ['rsa:2048']],
    ['EC', ['ec', '-pkeyopt', 'ec_paramgen_curve:P-384']],
    ['Ed25519', ['ed25519']],
  ])('with %s keys, an authority in between and two authorities that are trusted', (_kind, algorithm) => {
    const files = loadTlsFiles(makeChain(algorithm), { roles: ['agent'] });
    expect(files.principal).toEqual({ trustDomain: 'corp.example', role: 'agent', name: 'web-1' });
  });

  test('but not without what lies between', () => {
    const folder = makeChain(['ec', '-pkeyopt', 'ec_paramgen_curve:P-256']);
    copyFileSync(join(root, 'leaf.crt'), join(folder, 'tls.crt'));
    expect(() => loadTlsFiles(folder)).toThrow('was not issued by');
  });

  test('and not with a key that is too small', () => {
    expect(() => loadTlsFiles(makeChain(['rsa:1024']))).toThrow('its RSA key has 1024 bits, and at least 2048');
  });
});
