/** Certificates that no authority of ours would issue: signed by a test's own, with whatever is wrong in them. */
import '../../coordinator/ca/reflect-metadata.ts';
import { randomBytes, webcrypto } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';

const keyAlgorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const dayMs = 86_400_000;

/** RFC 5280, 4.2.1.12. */
export const extendedUsages = {
  client: x509.ExtendedKeyUsage.clientAuth,
  server: x509.ExtendedKeyUsage.serverAuth,
  codeSigning: x509.ExtendedKeyUsage.codeSigning,
} as const;

export interface OddCertificate {
  /** Subject alternative names; none where the list is empty. */
  readonly names: readonly { readonly type: 'url' | 'dns'; readonly value: string }[];
  readonly notBeforeUnixMs?: number;
  readonly notAfterUnixMs?: number;
  /** Extended key usages; for a client where left out. */
  readonly usages?: readonly string[];
  /** Signed by itself and not by the authority. */
  readonly isSelfSigned?: boolean;
  /** Of its own key, which is RSA where it is given. */
  readonly rsaBits?: number;
  /** With which it is signed; SHA-256 where left out. */
  readonly digest?: 'SHA-1';
}

/** Writes NAME.crt, NAME.key and the authority's ca.crt, as `--tls` takes them. */
export async function issueOddCertificate(
  authorityDirectory: string,
  outDirectory: string,
  odd: OddCertificate,
): Promise<void> {
  const authorityPem = readFileSync(join(authorityDirectory, 'ca.crt'), 'utf8');
  const authority = new x509.X509Certificate(authorityPem);
  const keyPem = readFileSync(join(authorityDirectory, 'ca.key'), 'utf8');
  const keyBytes = x509.PemConverter.decodeFirst(keyPem);
  const authorityKey = await webcrypto.subtle.importKey('pkcs8', keyBytes, keyAlgorithm, false, ['sign']);
  const own =
    odd.rsaBits === undefined
      ? keyAlgorithm
      : {
          name: 'RSASSA-PKCS1-v1_5',
          modulusLength: odd.rsaBits,
          publicExponent: new Uint8Array([1, 0, 1]),
          hash: 'SHA-256',
        };
  const keys = (await webcrypto.subtle.generateKey(own, true, ['sign', 'verify'])) as webcrypto.CryptoKeyPair;
  const { names, isSelfSigned = false, usages = [extendedUsages.client] } = odd;
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: `01${randomBytes(15).toString('hex')}`,
    subject: [{ CN: ['odd'] }],
    issuer: isSelfSigned ? [{ CN: ['odd'] }] : authority.subject,
    notBefore: new Date(odd.notBeforeUnixMs ?? Date.now() - dayMs),
    notAfter: new Date(odd.notAfterUnixMs ?? Date.now() + dayMs),
    publicKey: keys.publicKey,
    signingKey: isSelfSigned ? keys.privateKey : authorityKey,
    signingAlgorithm: odd.digest === undefined ? keyAlgorithm : { ...keyAlgorithm, hash: odd.digest },
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([...usages]),
      ...(names.length > 0 ? [new x509.SubjectAlternativeNameExtension(names.map((name) => ({ ...name })))] : []),
    ],
  });
  mkdirSync(outDirectory, { recursive: true, mode: 0o700 });
  const key = x509.PemConverter.encode(await webcrypto.subtle.exportKey('pkcs8', keys.privateKey), 'PRIVATE KEY');
  writeFileSync(join(outDirectory, 'odd.key'), `${key}\n`, { mode: 0o600 });
  writeFileSync(join(outDirectory, 'odd.crt'), `${certificate.toString('pem')}\n`);
  writeFileSync(join(outDirectory, 'ca.crt'), authorityPem);
}
