/** Why a certificate is not trusted, in words that say what to do: OpenSSL's codes do not, and leave some out. */
import type { X509Certificate } from 'node:crypto';

/**
 * For both ends of every connection: keys below 112 bits of security (RSA 2048, EC 224) and digests such as SHA-1 are
 * refused, in the certificate and in its authority's (OpenSSL's security level 2).
 */
export const tlsStrength = { minVersion: 'TLSv1.3', ciphers: 'DEFAULT@SECLEVEL=2' } as const;

const rsaBitsMin = 2048;
const curvesWeak: readonly string[] = ['prime192v1', 'secp192k1', 'secp160r1', 'secp112r1'];
/** Object identifiers in DER: sha1WithRSAEncryption, ecdsa-with-SHA1, md5WithRSAEncryption. */
const digestsWeak: readonly (readonly [string, string])[] = [
  ['06092a864886f70d010105', 'SHA-1'],
  ['06072a8648ce3d0401', 'SHA-1'],
  ['06092a864886f70d010104', 'MD5'],
];

/** @returns undefined for one whose key and signature are strong enough. */
export function weaknessOf(certificate: X509Certificate): string | undefined {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details = {} } = certificate.publicKey;
  const { modulusLength, namedCurve } = details;
  if (type?.startsWith('rsa') && (modulusLength ?? 0) < rsaBitsMin) {
    return `its RSA key has ${modulusLength} bits, and at least ${rsaBitsMin} are asked for`;
  }
  if (type === 'dsa') return 'its key is a DSA key, which is not used any more';
  if (namedCurve !== undefined && curvesWeak.includes(namedCurve))
    return `its key is on ${namedCurve}, which is too small`;
  const digest = digestsWeak.find(([identifier]) => certificate.raw.includes(Buffer.from(identifier, 'hex')));
  return digest && `it is signed by ${digest[1]}, which can be forged`;
}

const reasons: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'the certificate has expired',
  CERT_NOT_YET_VALID: 'the certificate is not valid yet; are both clocks right?',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'the certificate is signed by itself and not by the authority',
  SELF_SIGNED_CERT_IN_CHAIN: 'the certificate is of another authority',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'the certificate is of another authority',
  UNABLE_TO_GET_ISSUER_CERT: 'the certificate is of another authority',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'the certificate is of another authority',
  CERT_SIGNATURE_FAILURE:
    'the signature of the certificate is wrong: it was changed, or is of an authority of the same name',
  INVALID_PURPOSE: 'the certificate is not for this use (extended key usage)',
  INVALID_CA: 'the certificate was issued by one that is no authority',
  CERT_CHAIN_TOO_LONG: 'the certificate has too long a chain',
};

/** @param code as Node has it: authorizationError of a TLS socket. */
export function distrustText(code: string | undefined, certificate: X509Certificate | undefined): string {
  if (!certificate) return 'no certificate was shown';
  const weakness = weaknessOf(certificate);
  if (code === 'UNSPECIFIED' || code === undefined) {
    return `the certificate is too weak: ${weakness ?? 'a key or a digest in its chain is not strong enough'}`;
  }
  return reasons[code] ?? `the certificate is not trusted (${code})`;
}
