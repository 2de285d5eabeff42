/**
 * Certificates that are not let in any more, though they have not run out: a file with one on each line, by its serial
 * number or by the SHA-256 fingerprint of the whole certificate, both in hex, with or without colons; "#" begins a remark.
 * `leash ca revoke` writes such a file, and so can any other authority.
 */
import { readFileSync } from 'node:fs';

/** What tells a certificate from all others. */
export interface CertificateMark {
  /** In hex, as X509Certificate.serialNumber has it. */
  readonly serialNumber: string;
  /** SHA-256, as X509Certificate.fingerprint256 has it. */
  readonly fingerprint256: string;
}

export interface DenyList {
  /** Why this certificate is not let in, as its line says; undefined for one that may. */
  denies(mark: CertificateMark): string | undefined;
  readonly size: number;
}

export const emptyDenyList: DenyList = { denies: () => undefined, size: 0 };

const bytesMax = 8 * 2 ** 20;
/** A serial number has at most 20 octets (RFC 5280, 4.1.2.2), a fingerprint has 32. */
const serialExpression = /^[0-9a-f]{1,40}$/;
const fingerprintExpression = /^[0-9a-f]{64}$/;

/** @throws Error that names the line that is not right: a list of which a part is guessed at denies too little. */
export function parseDenyList(text: string, path: string): DenyList {
  const reasons = new Map<string, string>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    const [written = '', ...remark] = line.split('#');
    const mark = normalized(written);
    if (mark === '') continue;
    if (!serialExpression.test(mark) && !fingerprintExpression.test(mark)) {
      throw new Error(
        `${path}:${index + 1}: "${written.trim().slice(0, 80)}" must be a serial number (up to 40 hex digits) or a SHA-256 fingerprint (64)`,
      );
    }
    reasons.set(mark, remark.join('#').trim());
  }
  return {
    size: reasons.size,
    denies({ serialNumber, fingerprint256 }) {
      const reason = reasons.get(normalized(serialNumber)) ?? reasons.get(normalized(fingerprint256));
      if (reason === undefined) return undefined;
      return reason === '' ? 'it is on the deny list' : `it is on the deny list: ${reason}`;
    },
  };
}

/** An absent file denies nobody. @throws Error for one that cannot be read, or is not right. */
export function readDenyList(path: string): DenyList {
  let bytes: Buffer;
  try {
    bytes = readFileSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return emptyDenyList;
    throw error;
  }
  if (bytes.length > bytesMax) throw new Error(`${path}: is longer than ${bytesMax} bytes`);
  return parseDenyList(bytes.toString('utf8'), path);
}

/** Without colons, spaces and leading zeros of a serial number: "0A:bc" and "abc" are one. */
function normalized(written: string): string {
  const hex = written.toLowerCase().replaceAll(/[:\s]/g, '');
  return hex.length === 64 ? hex : hex.replace(/^(0x)?0*(?=.)/, '');
}
