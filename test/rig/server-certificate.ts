/** A certificate of its own for a server on 127.0.0.1 that is not one of ours. */
import '../../coordinator/ca/reflect-metadata.ts';
import { webcrypto } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';

const keyAlgorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const;
const hourMs = 3_600_000;

/** @returns the paths of both, in PEM; the certificate is its own authority. */
export async function makeServerCertificate(folder: string): Promise<{ readonly cert: string; readonly key: string }> {
  const keys = await webcrypto.subtle.generateKey(keyAlgorithm, true, ['sign', 'verify']);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: '01',
    name: 'CN=127.0.0.1',
    notBefore: new Date(Date.now() - hourMs),
    notAfter: new Date(Date.now() + hourMs),
    keys,
    signingAlgorithm: keyAlgorithm,
    extensions: [
      new x509.SubjectAlternativeNameExtension([{ type: 'ip', value: '127.0.0.1' }]),
      new x509.BasicConstraintsExtension(true),
    ],
  });
  const [cert, key] = [join(folder, 'server.crt'), join(folder, 'server.key')];
  writeFileSync(cert, certificate.toString('pem'));
  const bytes = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  writeFileSync(key, x509.PemConverter.encode(bytes, 'PRIVATE KEY'), { mode: 0o600 });
  return { cert, key };
}
