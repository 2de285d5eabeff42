/**
 * A checkpoint is the end of an audit at one instant, signed by whoever keeps that audit, and countersigned by the other
 * side, which keeps a copy in its own. Signed are these bytes, one fact a line, so that no two writers disagree on them:
 *
 *   leash-audit-checkpoint/1
 *   log agent/web-1
 *   key 3b6a27bc…            (Ed25519, 32 bytes in hex)
 *   sequence 57
 *   hash 9f86d081…
 *   at 1700000000000
 *   cause run-end
 */
import type { leash } from '../proto/codec.ts';
import { InvalidInput, integerIn, text } from '../proto/invalid-input.ts';

export const checkpointCauses = ['session-start', 'run-start', 'run-end', 'period'] as const;
export type CheckpointCause = (typeof checkpointCauses)[number];

export interface CheckpointStatement {
  /** Whose audit: "agent/web-1", "coordinator/3f2a". */
  readonly log: string;
  readonly key: string;
  readonly sequence: number;
  readonly hash: string;
  readonly atUnixMs: number;
  readonly cause: CheckpointCause;
}

export interface Checkpoint extends CheckpointStatement {
  /** By `key`, in hex. */
  readonly signature: string;
}

export interface Countersignature {
  /** Of which checkpoint: its signature. */
  readonly checkpoint: string;
  readonly witness: string;
  readonly key: string;
  readonly signature: string;
}

const logExpression = /^[A-Za-z0-9._:@/()-]{1,300}$/;
const hexExpression = /^[0-9a-f]+$/;
const keyDigits = 64;
const hashDigits = 64;
const signatureDigits = 128;

export function checkpointText({ log, key, sequence, hash, atUnixMs, cause }: CheckpointStatement): string {
  return [
    'leash-audit-checkpoint/1',
    `log ${log}`,
    `key ${key}`,
    `sequence ${sequence}`,
    `hash ${hash}`,
    `at ${atUnixMs}`,
    `cause ${cause}`,
    '',
  ].join('\n');
}

/** What a witness signs: whose word it is, and the whole of what it saw. */
export function countersignatureText(checkpoint: Checkpoint, witness: { name: string; key: string }): string {
  return [
    'leash-audit-countersignature/1',
    `witness ${witness.name}`,
    `key ${witness.key}`,
    `signature ${checkpoint.signature}`,
    checkpointText(checkpoint),
  ].join('\n');
}

/** @throws InvalidInput; the signature is not looked at. */
export function parseCheckpoint(json: unknown, path = 'checkpoint'): Checkpoint {
  const given = objectOf(json, path);
  const cause = String(given.cause) as CheckpointCause;
  if (!checkpointCauses.includes(cause)) {
    throw new InvalidInput(`${path}.cause`, given.cause, `must be one of ${checkpointCauses.join(', ')}`);
  }
  return {
    log: logName(given.log, `${path}.log`),
    key: hex(given.key, `${path}.key`, keyDigits),
    sequence: integerIn(given.sequence, `${path}.sequence`, 1, Number.MAX_SAFE_INTEGER),
    hash: hex(given.hash, `${path}.hash`, hashDigits),
    atUnixMs: integerIn(given.atUnixMs, `${path}.atUnixMs`, 0, Number.MAX_SAFE_INTEGER),
    cause,
    signature: hex(given.signature, `${path}.signature`, signatureDigits),
  };
}

/** @throws InvalidInput; the signature is not looked at. */
export function parseCountersignature(json: unknown, path = 'countersignature'): Countersignature {
  const given = objectOf(json, path);
  return {
    checkpoint: hex(given.checkpoint, `${path}.checkpoint`, signatureDigits),
    witness: logName(given.witness, `${path}.witness`),
    key: hex(given.key, `${path}.key`, keyDigits),
    signature: hex(given.signature, `${path}.signature`, signatureDigits),
  };
}

export function checkpointToWire(checkpoint: Checkpoint): leash.v1.IAuditCheckpoint {
  const { key, signature, ...rest } = checkpoint;
  return { ...rest, publicKey: key, signature };
}

/** @throws InvalidInput */
export function checkpointFromWire(wire: leash.v1.IAuditCheckpoint): Checkpoint {
  return parseCheckpoint({ ...wire, key: wire.publicKey });
}

export function countersignatureToWire(given: Countersignature): leash.v1.IAuditCountersignature {
  const { checkpoint, witness, key, signature } = given;
  return { checkpointSignature: checkpoint, witness, publicKey: key, signature };
}

/** @throws InvalidInput */
export function countersignatureFromWire(wire: leash.v1.IAuditCountersignature): Countersignature {
  const { checkpointSignature, witness, publicKey, signature } = wire;
  return parseCountersignature({ checkpoint: checkpointSignature, witness, key: publicKey, signature });
}

/** A name as it may stand in a checkpoint; whatever else a host is called is written with "_". */
export function logNameOf(role: 'agent' | 'coordinator', name: string): string {
  return `${role}/${name.replaceAll(/[^A-Za-z0-9._-]/g, '_').slice(0, 128)}`;
}

function logName(value: unknown, path: string): string {
  const name = text(value, path, { lengthMin: 1, lengthMax: 300 });
  if (!logExpression.test(name)) throw new InvalidInput(path, name, 'must be a name such as agent/web-1');
  return name;
}

function hex(value: unknown, path: string, digits: number): string {
  const given = text(value, path, { lengthMin: digits, lengthMax: digits });
  if (!hexExpression.test(given)) throw new InvalidInput(path, given, `must be ${digits} hex digits`);
  return given;
}

function objectOf(json: unknown, path: string): { readonly [key: string]: unknown } {
  if (typeof json !== 'object' || json === null) throw new InvalidInput(path, json, 'must be an object');
  return json as { readonly [key: string]: unknown };
}
