/**
 * Signatures by SSH keys over files (PROTOCOL.sshsig of OpenSSH), as `ssh-keygen -Y sign` and git make them, checked
 * here without running anything. Ed25519, ECDSA on the NIST curves, RSA with SHA-2 from 2048 bits, and the two kinds of
 * security keys (PROTOCOL.u2f); what is not known is not accepted.
 */
import { createHash, createPublicKey, type KeyObject, verify } from 'node:crypto';

/** "ssh-ed25519 AAAA…", without options and comment: what tells keys apart. */
export type SshPublicKey = string;

const magic = Buffer.from('SSHSIG');
const begin = '-----BEGIN SSH SIGNATURE-----';
const end = '-----END SSH SIGNATURE-----';
const armorCharactersMax = 8192;
const rsaBitsMin = 2048;

/** @throws Error for a line that is no public key of a kind that is known. */
export function parsePublicKey(line: string): SshPublicKey {
  const [type = '', base64 = ''] = line.trim().split(/\s+/);
  const blob = Buffer.from(base64, 'base64');
  if (blob.toString('base64').replace(/=+$/, '') !== base64.replace(/=+$/, '')) throw new Error('it is not in base64');
  const key = keyOf(blob);
  if (key.type !== type) throw new Error(`it says ${type}, and is ${key.type}`);
  return `${type} ${base64}`;
}

/**
 * @param armored the text between and with "-----BEGIN SSH SIGNATURE-----" and its end.
 * @returns the key that signed exactly these bytes for this namespace. Whether that key may is for the caller to say.
 * @throws Error in words.
 */
export function verifySshSignature(armored: string, message: Uint8Array, namespace: string): SshPublicKey {
  const reader = createReader(unarmored(armored));
  if (!reader.take(magic.length).equals(magic)) throw new Error('it is no SSH signature');
  const version = reader.uint32();
  if (version !== 1) throw new Error(`its version is ${version}, must be 1`);
  const publicKey = reader.string();
  const signedFor = reader.string().toString('utf8');
  const reserved = reader.string();
  const hash = reader.string().toString('latin1');
  const signature = reader.string();
  if (!reader.isAtEnd()) throw new Error('there is something behind its end');
  if (signedFor !== namespace)
    throw new Error(`it was made for ${JSON.stringify(signedFor)}, must be for "${namespace}"`);
  if (hash !== 'sha256' && hash !== 'sha512') throw new Error('its hash must be sha256 or sha512');
  const signed = Buffer.concat([
    magic,
    ...[Buffer.from(namespace), reserved, Buffer.from(hash), createHash(hash).update(message).digest()].map(
      lengthFirst,
    ),
  ]);
  const key = keyOf(publicKey);
  if (!isSignedBy(key, signature, signed)) throw new Error('it does not fit what it is said to be over');
  return `${key.type} ${publicKey.toString('base64')}`;
}

interface Key {
  readonly type: string;
  readonly object: KeyObject;
  /** Of a security key: what it signs for, such as "ssh:". */
  readonly application?: Buffer;
}

/** On a security key, and what it signs with. */
const securityKeys: ReadonlyMap<string, string> = new Map([
  ['sk-ssh-ed25519@openssh.com', 'ssh-ed25519'],
  ['sk-ecdsa-sha2-nistp256@openssh.com', 'ecdsa-sha2-nistp256'],
]);
const userWasPresent = 0x01;

function isSignedBy({ type, object, application }: Key, signature: Buffer, message: Buffer): boolean {
  const reader = createReader(signature);
  const algorithm = reader.string().toString('latin1');
  const blob = reader.string();
  // Flags of one byte and a counter of four, which the key signs too.
  const seen = application ? reader.take(5) : undefined;
  if (!reader.isAtEnd()) return false;
  if (type === 'ssh-rsa') {
    const hash = { 'rsa-sha2-256': 'sha256', 'rsa-sha2-512': 'sha512' }[algorithm];
    return hash !== undefined && verify(hash, message, object, blob);
  }
  if (algorithm !== type) return false;
  // A signature that nobody touched the key for may be a program's doing.
  if (seen && ((seen[0] ?? 0) & userWasPresent) === 0) throw new Error('nobody touched the security key for it');
  const signed = application && seen ? Buffer.concat([sha256(application), seen, sha256(message)]) : message;
  const plainType = securityKeys.get(type) ?? type;
  if (plainType === 'ssh-ed25519') return verify(null, signed, object, blob);
  const { hash, bytes } = curves[plainType] as Curve;
  const numbers = createReader(blob);
  const [r, s] = [unsigned(numbers.string(), bytes), unsigned(numbers.string(), bytes)];
  if (!r || !s || !numbers.isAtEnd()) return false;
  return verify(hash, signed, { key: object, dsaEncoding: 'ieee-p1363' }, Buffer.concat([r, s]));
}

interface Curve {
  readonly name: string;
  readonly jwk: string;
  readonly hash: string;
  readonly bytes: number;
}

/** RFC 5656, section 6.2.1 */
const curves: Readonly<Record<string, Curve>> = {
  'ecdsa-sha2-nistp256': { name: 'nistp256', jwk: 'P-256', hash: 'sha256', bytes: 32 },
  'ecdsa-sha2-nistp384': { name: 'nistp384', jwk: 'P-384', hash: 'sha384', bytes: 48 },
  'ecdsa-sha2-nistp521': { name: 'nistp521', jwk: 'P-521', hash: 'sha512', bytes: 66 },
};

/** RFC 4253, section 6.6; RFC 5656, section 3.1; RFC 8709, section 4 */
function keyOf(blob: Buffer): Key {
  const reader = createReader(blob);
  const type = reader.string().toString('latin1');
  const jwk = jwkOf(securityKeys.get(type) ?? type, reader);
  const application = securityKeys.has(type) ? reader.string() : undefined;
  if (!reader.isAtEnd()) throw new Error('there is something behind the end of the key');
  const object = createPublicKey({ key: jwk, format: 'jwk' });
  const bits = object.asymmetricKeyDetails?.modulusLength;
  if (bits !== undefined && bits < rsaBitsMin)
    throw new Error(`the key has ${bits} bits, at least ${rsaBitsMin} needed`);
  return { type, object, ...(application ? { application } : {}) };
}

function jwkOf(type: string, reader: Reader): { readonly kty: string; readonly [member: string]: string } {
  if (type === 'ssh-ed25519') return { kty: 'OKP', crv: 'Ed25519', x: reader.string().toString('base64url') };
  if (type === 'ssh-rsa') {
    const [exponent, modulus] = [reader.string(), reader.string()];
    return {
      kty: 'RSA',
      e: withoutZero(exponent).toString('base64url'),
      n: withoutZero(modulus).toString('base64url'),
    };
  }
  const curve = curves[type];
  if (!curve || reader.string().toString('latin1') !== curve.name) {
    throw new Error(`a key of the kind ${JSON.stringify(type.slice(0, 40))} is not known here`);
  }
  const point = reader.string();
  if (point[0] !== 4 || point.length !== 1 + 2 * curve.bytes) throw new Error('the point of the key is not right');
  const [x, y] = [point.subarray(1, 1 + curve.bytes), point.subarray(1 + curve.bytes)];
  return { kty: 'EC', crv: curve.jwk, x: x.toString('base64url'), y: y.toString('base64url') };
}

interface Reader {
  take(length: number): Buffer;
  uint32(): number;
  /** Its length first (RFC 4251, section 5). */
  string(): Buffer;
  isAtEnd(): boolean;
}

function createReader(bytes: Buffer): Reader {
  let offset = 0;
  const reader: Reader = {
    take(length) {
      if (offset + length > bytes.length) throw new Error('it ends too early');
      offset += length;
      return bytes.subarray(offset - length, offset);
    },
    uint32: () => reader.take(4).readUInt32BE(),
    string: () => reader.take(reader.uint32()),
    isAtEnd: () => offset === bytes.length,
  };
  return reader;
}

function unarmored(text: string): Buffer {
  const trimmed = text.trim();
  if (trimmed.length > armorCharactersMax)
    throw new Error(`it has ${trimmed.length} characters, at most ${armorCharactersMax}`);
  if (!trimmed.startsWith(begin) || !trimmed.endsWith(end)) throw new Error(`it must be between ${begin} and its end`);
  const base64 = trimmed.slice(begin.length, -end.length).replaceAll(/\s+/g, '');
  const bytes = Buffer.from(base64, 'base64');
  // Of several ways to write the same bytes one counts: nothing in the text may be changed unseen.
  if (bytes.toString('base64') !== base64) throw new Error('it is not in base64');
  return bytes;
}

function sha256(bytes: Buffer): Buffer {
  return createHash('sha256').update(bytes).digest();
}

function lengthFirst(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

/** A multiple precision integer has a zero in front where its first bit is set. */
function withoutZero(number: Buffer): Buffer {
  return number[0] === 0 ? number.subarray(1) : number;
}

function unsigned(number: Buffer, bytes: number): Buffer | undefined {
  const digits = withoutZero(number);
  return digits.length > bytes ? undefined : Buffer.concat([Buffer.alloc(bytes - digits.length), digits]);
}
