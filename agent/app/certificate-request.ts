/**
 * A request for a certificate (PKCS #10, RFC 2986): made here, so that the key never leaves the host. DER by hand is a
 * dozen lines, and spares the agent a library that it needs once in its life.
 */
import { type KeyObject, sign } from 'node:crypto';

const sequence = 0x30;
const set = 0x31;
const integer = 0x02;
const bitString = 0x03;
const utf8String = 0x0c;
const attributes = 0xa0;
/** id-at-commonName, 2.5.4.3 */
const commonName = Buffer.from([0x06, 0x03, 0x55, 0x04, 0x03]);
/** ecdsa-with-SHA256, 1.2.840.10045.4.3.2 */
const ecdsaWithSha256 = Buffer.from([0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02]);

/** @param keys on curve P-256. @returns PEM */
export function certificateRequest(
  { privateKey, publicKey }: { readonly privateKey: KeyObject; readonly publicKey: KeyObject },
  name: string,
): string {
  const subject = der(sequence, der(set, der(sequence, commonName, der(utf8String, Buffer.from(name)))));
  const key = publicKey.export({ type: 'spki', format: 'der' });
  const info = der(sequence, der(integer, Buffer.from([0])), subject, key, der(attributes));
  const signature = der(bitString, Buffer.from([0]), sign('sha256', info, privateKey));
  const request = der(sequence, info, der(sequence, ecdsaWithSha256), signature);
  const lines = request.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE REQUEST-----\n${lines.join('\n')}\n-----END CERTIFICATE REQUEST-----\n`;
}

/** Tag, length and content (X.690, 8.1). */
function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const long = length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...(length < 128 ? [length] : long)]), content]);
}
