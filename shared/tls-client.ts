/** The calling side of mutual TLS: what a caller shows, and whom it accepts at the other end. */
import { X509Certificate } from 'node:crypto';
import { createSecureContext, type PeerCertificate } from 'node:tls';
import { type ChannelCredentials, credentials } from '@grpc/grpc-js';
import { principalUri, type Role } from '../proto/role.ts';
import { tlsStrength } from './certificate-trust.ts';
import type { CertificateMark } from './deny-list.ts';
import { principalOfCertificate, type TlsFiles } from './tls-files.ts';

/** Whom a caller means to reach. The trust domain must be the caller's own. */
export interface ExpectedPeer {
  readonly role: Role;
  /** Any of that role, when absent. */
  readonly name?: string;
}

/** A certificate that was accepted: what must still hold at each later call over its connection. */
export interface AcceptedPeer {
  readonly mark: CertificateMark;
  readonly notAfterUnixMs: number;
}

/**
 * Credentials for a grpc-js client. The peer is accepted by its SPIFFE name instead of its DNS name, so that an address
 * that changes, or a tunnel, neither breaks a call nor lets another host of the same fleet answer it.
 * @param onAccepted told of the peer of each new connection.
 */
export function createTlsCredentials(
  files: TlsFiles,
  expected: ExpectedPeer,
  onAccepted: (peer: AcceptedPeer) => void = () => undefined,
): ChannelCredentials {
  const context = createSecureContext({ ca: files.ca, cert: files.cert, key: files.key, ...tlsStrength });
  return credentials.createFromSecureContext(context, {
    checkServerIdentity: (_host: string, certificate: PeerCertificate) =>
      mismatch(files, expected, certificate, onAccepted),
  });
}

/** For whoever has a token instead of a certificate: the authority says who the other end is, its name which role it has. */
export function createTokenCredentials(ca: Buffer, expected: ExpectedPeer): ChannelCredentials {
  const context = createSecureContext({ ca, minVersion: 'TLSv1.3' });
  return credentials.createFromSecureContext(context, {
    checkServerIdentity(_host: string, certificate: PeerCertificate) {
      const { principal, error } = principalOfCertificate(certificate);
      if (error !== undefined) return new Error(`the peer's certificate cannot be used: ${error}`);
      if (principal.role === expected.role) return undefined;
      return new Error(`the peer's certificate names ${principalUri(principal)}, not a ${expected.role}`);
    },
  });
}

/**
 * Channel options that belong to these credentials: the name asked for in the handshake (SNI). RFC 6066 allows no IP
 * address there, and Node warns about each one; the servers of ours do not look at it.
 */
export function tlsChannelOptions(expected: ExpectedPeer): { readonly 'grpc.ssl_target_name_override': string } {
  return { 'grpc.ssl_target_name_override': expected.name ?? expected.role };
}

function mismatch(
  files: TlsFiles,
  expected: ExpectedPeer,
  certificate: PeerCertificate,
  onAccepted: (peer: AcceptedPeer) => void,
): Error | undefined {
  const { principal, notAfterUnixMs, error } = principalOfCertificate(certificate);
  if (error !== undefined) return new Error(`the peer's certificate cannot be used: ${error}`);
  const isExpected =
    principal.trustDomain === files.principal.trustDomain &&
    principal.role === expected.role &&
    (expected.name === undefined || principal.name === expected.name);
  if (isExpected) {
    const mark = new X509Certificate(certificate.raw);
    const denial = files.denyList.denies(mark);
    if (denial !== undefined) return new Error(`the certificate of ${principalUri(principal)} is revoked: ${denial}`);
    onAccepted({ mark, notAfterUnixMs });
    return undefined;
  }
  const wanted = `spiffe://${files.principal.trustDomain}/${expected.role}/${expected.name ?? '*'}`;
  return new Error(`the peer's certificate names ${principalUri(principal)}, not ${wanted}`);
}
