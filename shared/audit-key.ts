/**
 * The key with which one side signs the ends of its audit. It is an Ed25519 key of its own and not the key of the TLS
 * certificate: that one changes every few weeks, may be of any kind and may not be ours to read, and a signature must be
 * checkable years later with one public key. Who holds it is said by the session over which it was first heard.
 */
import {
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  sign as signBytes,
  verify as verifyBytes,
} from 'node:crypto';
import { constants } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Checkpoint,
  type CheckpointStatement,
  type Countersignature,
  checkpointText,
  countersignatureText,
} from './audit-checkpoint.ts';
import { replaceFile } from './durable-file.ts';

export interface AuditKey {
  /** 32 bytes in hex: what everyone else knows it by. */
  readonly publicKey: string;
  /** Whether this start made it. */
  readonly isNew: boolean;
  sign(statement: Omit<CheckpointStatement, 'key'>): Checkpoint;
  countersign(checkpoint: Checkpoint, witness: string): Countersignature;
}

/** SubjectPublicKeyInfo of an Ed25519 key, up to its 32 bytes (RFC 8410, section 4). */
const publicKeyPrefix = Buffer.from('302a300506032b6570032100', 'hex');

/**
 * audit.key (0600) and audit.pub, in PEM; made where there is none.
 * @throws Error when it cannot be read, belongs to others too, or cannot be made.
 */
export async function openAuditKey(directory: string): Promise<AuditKey> {
  const path = join(directory, 'audit.key');
  const known = await readOwnKey(path);
  const key = known === undefined ? generateKeyPairSync('ed25519').privateKey : createPrivateKey(known);
  if (key.asymmetricKeyType !== 'ed25519') throw new Error(`${path}: must be an Ed25519 key`);
  if (known === undefined) {
    await replaceFile(path, key.export({ type: 'pkcs8', format: 'pem' }));
    await replaceFile(join(directory, 'audit.pub'), createPublicKey(key).export({ type: 'spki', format: 'pem' }));
  }
  return auditKeyOf(key, known === undefined);
}

export function auditKeyOf(key: KeyObject, isNew = false): AuditKey {
  const publicKey = publicKeyHex(createPublicKey(key));
  const sign = (text: string): string => signBytes(null, Buffer.from(text), key).toString('hex');
  return {
    publicKey,
    isNew,
    sign(statement) {
      const whole = { ...statement, key: publicKey };
      return { ...whole, signature: sign(checkpointText(whole)) };
    },
    countersign(checkpoint, witness) {
      const signature = sign(countersignatureText(checkpoint, { name: witness, key: publicKey }));
      return { checkpoint: checkpoint.signature, witness, key: publicKey, signature };
    },
  };
}

/** Whether the key that a checkpoint names has signed it. */
export function isSigned(checkpoint: Checkpoint): boolean {
  return isSignature(checkpointText(checkpoint), checkpoint.key, checkpoint.signature);
}

/** Whether it is a countersignature of exactly this checkpoint, by the key that it names. */
export function isCountersigned(checkpoint: Checkpoint, countersignature: Countersignature): boolean {
  const { witness: name, key, signature } = countersignature;
  if (countersignature.checkpoint !== checkpoint.signature) return false;
  return isSignature(countersignatureText(checkpoint, { name, key }), key, signature);
}

/** From a public key in PEM, as audit.pub has it. @throws Error for anything else. */
export function parsePublicKey(pem: string): string {
  const key = createPublicKey(pem);
  if (key.asymmetricKeyType !== 'ed25519') throw new Error('must be an Ed25519 public key in PEM');
  return publicKeyHex(key);
}

function isSignature(text: string, key: string, signature: string): boolean {
  try {
    const der = Buffer.concat([publicKeyPrefix, Buffer.from(key, 'hex')]);
    const publicKey = createPublicKey({ key: der, format: 'der', type: 'spki' });
    return verifyBytes(null, Buffer.from(text), publicKey, Buffer.from(signature, 'hex'));
  } catch {
    return false;
  }
}

function publicKeyHex(key: KeyObject): string {
  return key.export({ type: 'spki', format: 'der' }).subarray(publicKeyPrefix.length).toString('hex');
}

async function readOwnKey(path: string): Promise<string | undefined> {
  let handle: Awaited<ReturnType<typeof open>>;
  try {
    handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const { mode } = await handle.stat();
    if ((mode & 0o077) !== 0) throw new Error(`${path}: others may read this key; chmod 600 ${path}`);
    return await readFile(handle, 'utf8');
  } finally {
    await handle.close();
  }
}
