/** A small certificate authority in a directory: enough for a fleet that has none, and the same names as one that has. */
import './reflect-metadata.ts';
import { webcrypto, X509Certificate } from 'node:crypto';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';
import { InvalidInput } from '../../proto/invalid-input.ts';
import { type Principal, parsePrincipalUri, principalUri, type Role } from '../../proto/role.ts';
import type { CertificateMark } from '../../shared/deny-list.ts';
import { onlyCertificate, principalOfCertificate, TlsProblem } from '../../shared/tls-files.ts';
import { noteIssued } from './issued.ts';

const keyAlgorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const hourMs = 3_600_000;
const authorityLifeMs = 10 * 365 * 24 * hourMs;
/** Peers whose clock is a little behind must still accept a certificate that was issued just now. */
const backdatedMs = 5 * 60_000;

/** Where the files of an issued certificate are. */
export interface IssuedFiles extends CertificateMark {
  readonly principal: Principal;
  readonly cert: string;
  readonly key: string;
  readonly ca: string;
  readonly notAfterUnixMs: number;
}

export interface IssueRequest {
  readonly role: Role;
  readonly name: string;
  /** Milliseconds from now; `validityMs(role)` when absent. */
  readonly validMs?: number;
  /** DNS names and IP addresses beside localhost, 127.0.0.1 and the name; for roles that serve. */
  readonly hosts?: readonly string[];
  /** Made with mode 0700 where it is missing. */
  readonly outDirectory: string;
  readonly nowUnixMs: number;
}

/** How long a certificate of a role lives unless asked otherwise: people a day, machines a month, the halter a year. */
export function validityMs(role: Role): number {
  switch (role) {
    case 'agent':
    case 'coordinator':
      return 30 * 24 * hourMs;
    case 'halter':
      return 365 * 24 * hourMs;
    default:
      return 24 * hourMs;
  }
}

/**
 * Makes the authority's key and certificate in a directory of mode 0700.
 * @throws TlsProblem when there is one already: a second one would orphan every certificate of the first.
 */
export async function createAuthority(options: {
  readonly directory: string;
  readonly trustDomain: string;
  readonly nowUnixMs: number;
}): Promise<void> {
  const { directory, trustDomain, nowUnixMs } = options;
  parsePrincipalUri(`spiffe://${trustDomain}/coordinator/check`);
  refuseToOverwrite(join(directory, 'ca.crt'), join(directory, 'ca.key'));
  const keys = await webcrypto.subtle.generateKey(keyAlgorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: [{ CN: ['Leash authority'] }, { O: [trustDomain] }],
    notBefore: new Date(nowUnixMs - backdatedMs),
    notAfter: new Date(nowUnixMs + authorityLifeMs),
    keys,
    signingAlgorithm: keyAlgorithm,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      new x509.SubjectAlternativeNameExtension([{ type: 'url', value: `spiffe://${trustDomain}` }]),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  chmodSync(directory, 0o700);
  writeNew(join(directory, 'ca.key'), await exportKey(keys.privateKey), 0o600);
  writeNew(join(directory, 'ca.crt'), `${certificate.toString('pem')}\n`, 0o644);
}

/**
 * Issues a key and a certificate that names spiffe://TRUST-DOMAIN/ROLE/NAME, as NAME.key, NAME.crt and ca.crt in one
 * directory, which is what `--tls` takes.
 * @throws TlsProblem when a file is there already, or the authority cannot be read.
 */
export async function issueCertificate(authorityDirectory: string, request: IssueRequest): Promise<IssuedFiles> {
  const authority = await loadAuthority(authorityDirectory);
  const files = filesOf(request.outDirectory, request.name);
  refuseToOverwrite(files.cert, files.key);
  const authorityPem = authority.certificate.toString('pem');
  refuseAnotherAuthority(files.ca, authorityPem);
  const { keyPem, certPem, ...made } = await makeCertificate(authority, request);
  mkdirSync(request.outDirectory, { recursive: true, mode: 0o700 });
  noteIssued(authorityDirectory, made);
  writeNew(files.key, keyPem, 0o600);
  writeNew(files.cert, certPem, 0o644);
  if (!existsSync(files.ca)) writeNew(files.ca, `${authorityPem}\n`, 0o644);
  return { ...made, ...files };
}

export interface RotateRequest {
  /** A directory as `issueCertificate` made it. */
  readonly tlsDirectory: string;
  /** As in an IssueRequest. */
  readonly validMs?: number;
  readonly nowUnixMs: number;
}

/**
 * Puts a new key and a new certificate of the same name, role and hosts in the place of those in a directory. Whoever
 * serves with them reads them again by itself. The former certificate holds until it runs out, or is revoked.
 * @throws TlsProblem where the directory holds no certificate of this authority.
 */
export async function rotateCertificate(
  authorityDirectory: string,
  request: RotateRequest,
): Promise<IssuedFiles & { readonly former: CertificateMark }> {
  const authority = await loadAuthority(authorityDirectory);
  const { name, certificate: former } = onlyCertificate(request.tlsDirectory);
  const issuer = new X509Certificate(authority.certificate.toString('pem'));
  const files = filesOf(request.tlsDirectory, name);
  if (!former.verify(issuer.publicKey)) {
    throw new TlsProblem('identity', `${files.cert}: is not of the authority in ${authorityDirectory}`);
  }
  const { principal, error } = principalOfCertificate({ raw: former.raw });
  if (error !== undefined) throw new TlsProblem('identity', `${files.cert}: ${error}`);
  const { keyPem, certPem, ...made } = await makeCertificate(authority, {
    role: principal.role,
    name: principal.name,
    hosts: hostsOf(former),
    nowUnixMs: request.nowUnixMs,
    ...(request.validMs === undefined ? {} : { validMs: request.validMs }),
  });
  noteIssued(authorityDirectory, made);
  // The key first: for a moment the two do not fit, and whoever looks then keeps the former ones.
  putInPlace(files.key, keyPem);
  putInPlace(files.cert, certPem);
  return { ...made, ...files, former };
}

async function makeCertificate(authority: Authority, request: Omit<IssueRequest, 'outDirectory'>) {
  const principal = parsePrincipalUri(
    principalUri({ trustDomain: authority.trustDomain, role: request.role, name: request.name }),
  );
  const keys = await webcrypto.subtle.generateKey(keyAlgorithm, true, ['sign', 'verify']);
  const certificate = await certify(authority, { ...request, principal, publicKey: keys.publicKey });
  const notAfterUnixMs = certificate.notAfter.getTime();
  const certPem = `${certificate.toString('pem')}\n`;
  const { serialNumber: serial, fingerprint256 } = new X509Certificate(certPem);
  const keyPem = await exportKey(keys.privateKey);
  return { principal, notAfterUnixMs, serialNumber: serial, fingerprint256, keyPem, certPem };
}

/**
 * Issues a certificate for a key that stays where it was made. Of the request only the key counts: who its owner is, is
 * for the caller to know.
 * @param request PKCS #10, as PEM. @returns PEM. @throws InvalidInput when it does not prove that its maker has the key.
 */
export async function certifyRequest(
  authorityDirectory: string,
  { request, role, name, hosts, nowUnixMs }: Omit<IssueRequest, 'outDirectory'> & { readonly request: string },
): Promise<string> {
  const authority = await loadAuthority(authorityDirectory);
  const principal = parsePrincipalUri(principalUri({ trustDomain: authority.trustDomain, role, name }));
  const publicKey = await provenKey(request);
  const certificate = await certify(authority, { role, name, hosts: hosts ?? [], nowUnixMs, principal, publicKey });
  const pem = `${certificate.toString('pem')}\n`;
  const { serialNumber: serial, fingerprint256 } = new X509Certificate(pem);
  const notAfterUnixMs = certificate.notAfter.getTime();
  noteIssued(authorityDirectory, { principal, notAfterUnixMs, serialNumber: serial, fingerprint256 });
  return pem;
}

async function provenKey(request: string): Promise<webcrypto.CryptoKey> {
  const problem = new InvalidInput(
    'request',
    undefined,
    'must be a request for a certificate (PKCS #10) by a P-256 key',
  );
  try {
    const parsed = new x509.Pkcs10CertificateRequest(request);
    if (await parsed.verify()) return await parsed.publicKey.export(keyAlgorithm, ['verify']);
  } catch {
    // Not even a request.
  }
  throw problem;
}

interface CertifyRequest extends Omit<IssueRequest, 'outDirectory'> {
  readonly principal: Principal;
  readonly publicKey: webcrypto.CryptoKey;
}

async function certify(authority: Authority, request: CertifyRequest): Promise<x509.X509Certificate> {
  const lifeMs = request.validMs ?? validityMs(request.role);
  const notAfterUnixMs = Math.min(request.nowUnixMs + lifeMs, authority.certificate.notAfter.getTime());
  return x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    subject: [{ CN: [request.name] }],
    issuer: authority.certificate.subject,
    notBefore: new Date(request.nowUnixMs - backdatedMs),
    notAfter: new Date(notAfterUnixMs),
    publicKey: request.publicKey,
    signingKey: authority.key,
    signingAlgorithm: keyAlgorithm,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension(usages(request.role)),
      new x509.SubjectAlternativeNameExtension(alternativeNames(request.principal, request.hosts ?? [])),
      await x509.AuthorityKeyIdentifierExtension.create(authority.certificate.publicKey),
      await x509.SubjectKeyIdentifierExtension.create(request.publicKey),
    ],
  });
}

function filesOf(directory: string, name: string) {
  return {
    cert: join(directory, `${name}.crt`),
    key: join(directory, `${name}.key`),
    ca: join(directory, 'ca.crt'),
  };
}

/** What an earlier certificate named beside what every one names. */
function hostsOf(certificate: X509Certificate): readonly string[] {
  const names = (certificate.subjectAltName ?? '').split(', ');
  return names.flatMap((name) => /^(?:DNS|IP Address):([A-Za-z0-9._:-]+)$/.exec(name)?.[1] ?? []);
}

function usages(role: Role): x509.ExtendedKeyUsageType[] {
  const client = x509.ExtendedKeyUsage.clientAuth;
  return isServing(role) ? [client, x509.ExtendedKeyUsage.serverAuth] : [client];
}

function alternativeNames(principal: Principal, hosts: readonly string[]): x509.JsonGeneralNames {
  const named = isServing(principal.role) ? ['localhost', '127.0.0.1', principal.name, ...hosts] : [];
  return [
    { type: 'url', value: principalUri(principal) },
    ...[...new Set(named)].map((host) => ({ type: isIP(host) === 0 ? 'dns' : 'ip', value: host }) as const),
  ];
}

/** The agent and the coordinator answer calls; every other role only makes them. */
function isServing(role: Role): boolean {
  return role === 'agent' || role === 'coordinator';
}

interface Authority {
  readonly certificate: x509.X509Certificate;
  readonly key: webcrypto.CryptoKey;
  readonly trustDomain: string;
}

async function loadAuthority(directory: string): Promise<Authority> {
  const certPath = join(directory, 'ca.crt');
  const certificate = new x509.X509Certificate(readAuthorityFile(certPath, directory));
  const keyPem = readAuthorityFile(join(directory, 'ca.key'), directory);
  const key = await webcrypto.subtle.importKey('pkcs8', x509.PemConverter.decodeFirst(keyPem), keyAlgorithm, false, [
    'sign',
  ]);
  const names = certificate.getExtension(x509.SubjectAlternativeNameExtension)?.names.items ?? [];
  const uri = names.find((name) => name.type === 'url')?.value ?? '';
  if (!uri.startsWith('spiffe://')) throw new TlsProblem('files', `${certPath}: names no trust domain`);
  return { certificate, key, trustDomain: uri.slice('spiffe://'.length) };
}

function readAuthorityFile(path: string, directory: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    throw new TlsProblem('files', `${path}: cannot be read; make an authority by leash ca init --dir ${directory}`);
  }
}

function refuseToOverwrite(...paths: readonly string[]): void {
  const existing = paths.find((path) => existsSync(path));
  if (existing !== undefined) throw new TlsProblem('files', `${existing}: exists already, and is not overwritten`);
}

function refuseAnotherAuthority(path: string, authorityPem: string): void {
  if (!existsSync(path) || readFileSync(path, 'utf8').trim() === authorityPem.trim()) return;
  throw new TlsProblem('files', `${path}: belongs to another authority; choose another directory`);
}

/** Readers see the old file or the new one, and the new one belongs to whom the old one did. */
function putInPlace(path: string, content: string): void {
  const { uid, gid, mode } = statSync(path);
  const temporaryPath = `${path}.new`;
  rmSync(temporaryPath, { force: true });
  writeNew(temporaryPath, content, mode & 0o777);
  chownSync(temporaryPath, uid, gid);
  renameSync(temporaryPath, path);
}

/** Exclusive, so that two issuers at once cannot overwrite each other's key. */
function writeNew(path: string, content: string, mode: number): void {
  writeFileSync(path, content, { mode, flag: 'wx' });
}

/** 127 random bits (RFC 5280, 4.1.2.2: positive, at most 20 octets). */
function serialNumber(): string {
  const bytes = webcrypto.getRandomValues(new Uint8Array(16));
  bytes[0] = ((bytes[0] as number) & 0x7f) | 0x01;
  return Buffer.from(bytes).toString('hex');
}

async function exportKey(key: webcrypto.CryptoKey): Promise<string> {
  const der = await webcrypto.subtle.exportKey('pkcs8', key);
  return `${x509.PemConverter.encode(der, 'PRIVATE KEY')}\n`;
}
