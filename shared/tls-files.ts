/**
 * A directory of TLS files: `ca.crt` and one NAME.crt with its NAME.key, as `leash ca issue` writes them, and a `deny.list`
 * where there is one. Those of any other authority do as well, of any kind of key: ca.crt may hold several authorities, and
 * NAME.crt the chain that leads to one of them.
 */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type Principal, principalUri, type Role } from '../proto/role.ts';
import { principalOfCertificate } from './certificate-name.ts';
import { weaknessOf } from './certificate-trust.ts';
import { type CertificateMark, type DenyList, readDenyList } from './deny-list.ts';

export { principalOfCertificate } from './certificate-name.ts';

/** PEM files that were checked to belong together and to be valid now. */
export interface TlsFiles {
  readonly ca: Buffer;
  readonly cert: Buffer;
  readonly key: Buffer;
  readonly principal: Principal;
  readonly notAfterUnixMs: number;
  readonly mark: CertificateMark;
  /** Of peers; empty where there is no file of that name. */
  readonly denyList: DenyList;
}

export const denyListName = 'deny.list';

/** `files`: something is missing or unreadable. `identity`: what is there does not let its holder in. */
export class TlsProblem extends Error {
  constructor(
    readonly kind: 'files' | 'identity',
    message: string,
  ) {
    super(message);
    this.name = 'TlsProblem';
  }
}

export interface TlsExpectations {
  /** The role that the certificate must carry, or one of several. Any, when absent. */
  readonly roles?: readonly Role[];
  readonly nowUnixMs?: number;
}

/** @throws TlsProblem that names the file and says what to do. */
export function loadTlsFiles(directory: string, expectations: TlsExpectations = {}): TlsFiles {
  const certName = onlyCertificateName(directory);
  const certPath = join(directory, certName);
  const keyPath = join(directory, certName.replace(/\.crt$/, '.key'));
  const caPath = join(directory, 'ca.crt');
  const [ca, cert, key] = [readPem(caPath), readPem(certPath), readKey(keyPath)];
  const [certificate, ...chain] = parseCertificates(cert, certPath) as [X509Certificate, ...X509Certificate[]];
  if (!certificate.checkPrivateKey(parseKey(key, keyPath))) {
    throw new TlsProblem('identity', `${keyPath}: is not the key of ${certPath}`);
  }
  if (!leadsTo(parseCertificates(ca, caPath), certificate, chain)) {
    throw new TlsProblem('identity', `${certPath}: was not issued by ${caPath}`);
  }
  const weakness = weaknessOf(certificate);
  if (weakness !== undefined)
    throw new TlsProblem('identity', `${certPath}: is too weak: ${weakness}; issue a new one`);
  checkDates(certificate, certPath, expectations.nowUnixMs ?? Date.now());
  const { principal, notAfterUnixMs, error } = principalOfCertificate({ raw: certificate.raw });
  if (error !== undefined) throw new TlsProblem('identity', `${certPath}: ${error}`);
  checkRole(principal, certPath, expectations.roles);
  const denyList = readDenials(join(directory, denyListName));
  return { ca, cert, key, principal, notAfterUnixMs, mark: certificate, denyList };
}

/** Whether the certificate, or what stands between, was issued by one of the authorities. */
function leadsTo(
  authorities: readonly X509Certificate[],
  certificate: X509Certificate,
  between: readonly X509Certificate[],
): boolean {
  if (authorities.some((authority) => isIssuedBy(certificate, authority))) return true;
  const [issuer] = between.filter((each) => isIssuedBy(certificate, each));
  const rest = between.filter((each) => each !== issuer);
  return issuer !== undefined && leadsTo(authorities, issuer, rest);
}

function isIssuedBy(certificate: X509Certificate, issuer: X509Certificate): boolean {
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

function readDenials(path: string): DenyList {
  try {
    return readDenyList(path);
  } catch (error) {
    throw new TlsProblem('files', reasonOf(error));
  }
}

/**
 * The certificate of a directory, whatever its dates are, and the name of its files.
 * @throws TlsProblem where there is none, or more than one.
 */
export function onlyCertificate(directory: string): { readonly name: string; readonly certificate: X509Certificate } {
  const fileName = onlyCertificateName(directory);
  const path = join(directory, fileName);
  const [certificate] = parseCertificates(readPem(path), path) as [X509Certificate];
  return { name: fileName.replace(/\.crt$/, ''), certificate };
}

function onlyCertificateName(directory: string): string {
  const names = listDirectory(directory).filter((name) => name.endsWith('.crt') && name !== 'ca.crt');
  const [name] = names;
  if (name === undefined) throw new TlsProblem('files', `${directory}: holds no certificate (NAME.crt beside ca.crt)`);
  if (names.length > 1) {
    throw new TlsProblem('files', `${directory}: holds ${names.length} certificates (${names.join(', ')}), not one`);
  }
  return name;
}

function listDirectory(directory: string): readonly string[] {
  try {
    return readdirSync(directory).sort();
  } catch (error) {
    throw new TlsProblem('files', `${directory}: ${reasonOf(error)}`);
  }
}

function readPem(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new TlsProblem('files', `${path}: ${reasonOf(error)}`);
  }
}

/** As ssh(1) does, a key that others may read is refused rather than used. */
function readKey(path: string): Buffer {
  const key = readPem(path);
  const mode = statSync(path).mode & 0o777;
  if ((mode & 0o077) !== 0) {
    throw new TlsProblem('identity', `${path}: others may read this key (mode ${mode.toString(8)}); chmod 600 ${path}`);
  }
  return key;
}

const certificateExpression = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

/** At least one. */
function parseCertificates(pem: Buffer, path: string): readonly X509Certificate[] {
  try {
    const found = pem.toString('latin1').match(certificateExpression) ?? [];
    if (found.length === 0) throw new Error('none');
    return found.map((each) => new X509Certificate(each));
  } catch {
    throw new TlsProblem('files', `${path}: is not a certificate in PEM`);
  }
}

function parseKey(pem: Buffer, path: string): ReturnType<typeof createPrivateKey> {
  try {
    return createPrivateKey(pem);
  } catch {
    throw new TlsProblem('files', `${path}: is not a private key in PEM without a passphrase`);
  }
}

function checkDates(certificate: X509Certificate, path: string, nowUnixMs: number): void {
  const notBefore = new Date(certificate.validFrom);
  const notAfter = new Date(certificate.validTo);
  if (nowUnixMs > notAfter.getTime()) {
    throw new TlsProblem(
      'identity',
      `${path}: expired at ${notAfter.toISOString()}; issue a new one, or set the clock if it is wrong`,
    );
  }
  if (nowUnixMs < notBefore.getTime()) {
    throw new TlsProblem(
      'identity',
      `${path}: is not valid before ${notBefore.toISOString()}; set the clock, which says an earlier time`,
    );
  }
}

function checkRole(principal: Principal, path: string, roles: readonly Role[] | undefined): void {
  if (roles === undefined || roles.includes(principal.role)) return;
  const expected = roles.join(' or ');
  throw new TlsProblem('identity', `${path}: names ${principalUri(principal)}, but the role must be ${expected}`);
}

function reasonOf(error: unknown): string {
  switch ((error as NodeJS.ErrnoException).code) {
    case 'ENOENT':
      return 'does not exist';
    case 'EACCES':
      return 'may not be read by this user';
    case 'ENOTDIR':
      return 'is not a directory';
    default:
      return error instanceof Error ? error.message : String(error);
  }
}
