/** The one name that Leash reads from a certificate: a SPIFFE-style URI in its subject alternative names. */
import { X509Certificate } from 'node:crypto';
import { InvalidInput } from '../proto/invalid-input.ts';
import { type Principal, parsePrincipalUri } from '../proto/role.ts';

/** The part of tls.PeerCertificate that is read. `raw` goes before the texts that Node derived from it. */
export interface PresentedCertificate {
  readonly raw?: Buffer;
  readonly subjectaltname?: string | undefined;
  readonly valid_to?: string;
}

/** Who a certificate names and until when it holds, or why it names nobody. */
export type CertificateName =
  | { readonly principal: Principal; readonly notAfterUnixMs: number; readonly error?: undefined }
  | { readonly principal?: undefined; readonly notAfterUnixMs?: undefined; readonly error: string };

/**
 * Reads the principal; whether the certificate holds *now* is for the caller to compare, at each call: a connection
 * outlives the certificate that opened it. Never throws: a peer without a certificate is an `error` too.
 */
export function principalOfCertificate(presented: PresentedCertificate): CertificateName {
  const { subjectAltName, validTo } = readCertificate(presented);
  const uris = subjectAltNames(subjectAltName).filter((name) => name.startsWith('URI:'));
  const [uri] = uris;
  if (uri === undefined) return { error: 'the certificate has no URI name (spiffe://TRUST-DOMAIN/ROLE/NAME)' };
  if (uris.length > 1) return { error: `the certificate has ${uris.length} URI names, and must have exactly one` };
  const notAfterUnixMs = Date.parse(validTo);
  if (!Number.isFinite(notAfterUnixMs)) return { error: 'the certificate does not say until when it is valid' };
  try {
    return { principal: parsePrincipalUri(uri.slice('URI:'.length)), notAfterUnixMs };
  } catch (error) {
    if (error instanceof InvalidInput) return { error: error.message };
    throw error;
  }
}

function readCertificate(presented: PresentedCertificate): { subjectAltName: string; validTo: string } {
  if (presented.raw === undefined) {
    return { subjectAltName: presented.subjectaltname ?? '', validTo: presented.valid_to ?? '' };
  }
  try {
    const certificate = new X509Certificate(presented.raw);
    return { subjectAltName: certificate.subjectAltName ?? '', validTo: certificate.validTo };
  } catch {
    return { subjectAltName: '', validTo: '' };
  }
}

/**
 * "DNS:a, URI:b" to its entries. Node puts a name with special characters in quotes, so that a DNS name cannot smuggle
 * in ", URI:…" (CVE-2021-44532); such an entry keeps its quotes here and so never parses as a principal.
 */
function subjectAltNames(text: string): readonly string[] {
  return [...text.matchAll(/(?:^|, )([^:,"]+:(?:"(?:[^"\\]|\\.)*"|[^,"]*))/gy)].map((match) => match[1] as string);
}
