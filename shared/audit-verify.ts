/**
 * Checks an audit offline, from its files, the public keys of those who signed, and what others keep of it.
 *
 * The chain shows every edit, reorder, removal and doubling inside the files. It cannot show an end that was cut off, nor
 * a file that was rewritten as a whole: those are found by the checkpoints, in it and in the audits of the other side.
 * What comes after the last checkpoint that counts is the window that nothing vouches for.
 */
import { basename } from 'node:path';
import type { JsonObject } from '../proto/struct.ts';
import type { ChainEnd } from './audit-chain.ts';
import { type Checkpoint, type Countersignature, parseCheckpoint, parseCountersignature } from './audit-checkpoint.ts';
import { isCountersigned, isSigned } from './audit-key.ts';
import { auditFiles, readAuditFile } from './audit-reading.ts';
import { type Chain, objectOf, readChain } from './audit-whole-chain.ts';

export interface VerifyOptions {
  /** Files of one audit, or its directory. */
  readonly paths: readonly string[];
  /** Public keys that count, in hex: of this side and of the other. Without any, nothing is vouched for. */
  readonly keys?: readonly string[];
  /** Audits of the other side, or exports of them. */
  readonly against?: readonly string[];
  /** What was put aside before the first of the files is kept elsewhere. */
  readonly isPartial?: boolean;
}

/** A checkpoint that counts. */
export interface Vouched {
  readonly sequence: number;
  readonly atUnixMs: number;
  readonly witness: string;
}

export interface AuditVerification {
  readonly isIntact: boolean;
  /** Whose it says it is: "agent/web-1". */
  readonly log: string | undefined;
  readonly files: readonly string[];
  readonly lines: number;
  readonly firstSequence: number;
  readonly end: ChainEnd;
  readonly checkpoints: number;
  readonly lastVouched: Vouched | undefined;
  /** The records that nothing vouches for: all after the last checkpoint that counts. */
  readonly window: Window | undefined;
  /** The first ones found, as "line 7: …". */
  readonly problems: readonly string[];
  readonly remarks: readonly string[];
}

export interface Window {
  readonly fromSequence: number;
  readonly toSequence: number;
  readonly fromUnixMs: number;
  readonly toUnixMs: number;
}

const problemsMax = 20;

/** @throws Error for files that cannot be read. */
export async function verifyAudit(options: VerifyOptions): Promise<AuditVerification> {
  const { paths, keys = [], against = [], isPartial = false } = options;
  const files = await auditFiles(paths);
  const problems: string[] = [];
  const remarks: string[] = [];
  const chain = await readChain(files, isPartial, problems);
  const vouched: Vouched[] = [];
  let unknownWitnesses = 0;

  for (const { where, entry, sequence } of chain.claims) {
    const findProblem = (): string | undefined => {
      const checkpoint = parseCheckpoint(entry.checkpoint);
      if (!isSigned(checkpoint)) return 'the signature of its checkpoint is wrong';
      if (entry.action === 'witnessed') return undefined;
      const countersignature = parseCountersignature({ ...objectOf(entry.witness), checkpoint: checkpoint.signature });
      if (!isCountersigned(checkpoint, countersignature)) return 'the countersignature of its checkpoint is wrong';
      if (checkpoint.sequence >= sequence) return 'its checkpoint is of a later record';
      const other = differenceFrom(chain, checkpoint);
      if (other) return `its checkpoint does not fit: ${other}`;
      if (keys.length === 0) return undefined;
      if (!keys.includes(checkpoint.key))
        return `its checkpoint is signed by ${checkpoint.key}, a key that was not given`;
      if (countersignature.key === checkpoint.key) return 'its checkpoint is countersigned by whoever signed it';
      if (keys.includes(countersignature.key)) vouched.push(vouchedBy(checkpoint, countersignature));
      else unknownWitnesses += 1;
      return undefined;
    };
    const found = orProblem(findProblem);
    if (found !== undefined) problems.push(`${where}: ${found}`);
  }

  if (chain.lines === 0) problems.push('it holds no record');
  else if (against.length > 0 && chain.log === undefined)
    problems.push('it does not say whose it is: nothing can be held against it');
  for (const path of await auditFiles(against)) {
    for await (const { number, bytes } of readAuditFile(path)) {
      const checkpoint = claimOf(bytes);
      if (!checkpoint || !isAbout(chain, checkpoint)) continue;
      const where = `${basename(path)} line ${number}`;
      const isKnown = keys.length === 0 || keys.includes(checkpoint.key);
      if (!isKnown || !isSigned(checkpoint)) {
        remarks.push(`${where}: a checkpoint of ${checkpoint.log} that no key that was given has signed`);
        continue;
      }
      if (isPartial && checkpoint.sequence < chain.firstSequence) continue;
      const other = differenceFrom(chain, checkpoint);
      const at = new Date(checkpoint.atUnixMs).toISOString();
      if (other) problems.push(`${other}; ${checkpoint.log} signed it at ${at}, as ${where} keeps it`);
      else if (keys.length > 0) vouched.push({ ...vouchedBy(checkpoint), witness: basename(path) });
    }
  }

  if (keys.length === 0)
    remarks.push('no public key was given (--key): who signed was not checked, and nothing is vouched for');
  else if (vouched.length === 0 && chain.lines > 0)
    problems.push('no checkpoint of it is countersigned by a key that was given');
  if (unknownWitnesses > 0)
    remarks.push(`${unknownWitnesses} checkpoints are countersigned by keys that were not given`);
  const last = vouched.reduce<Vouched | undefined>(
    (best, each) => (best && best.sequence >= each.sequence ? best : each),
    undefined,
  );
  return {
    isIntact: problems.length === 0,
    log: chain.log,
    files,
    lines: chain.lines,
    firstSequence: chain.firstSequence,
    end: chain.end,
    checkpoints: vouched.length,
    lastVouched: last,
    window: windowAfter(chain, last?.sequence ?? 0),
    problems: problems.slice(0, problemsMax),
    remarks: remarks.slice(0, problemsMax),
  };
}

/** In what the chain differs from what somebody signed. */
function differenceFrom({ hashes, end }: Chain, { sequence, hash }: Checkpoint): string | undefined {
  if (sequence > end.sequence) return `it ends at record ${end.sequence}, and record ${sequence} was there`;
  if (hashes.get(sequence) !== hash) return `record ${sequence} is another one, or is not there`;
  return undefined;
}

/** An audit that lost its beginning may not say whose it is: its own words then count for nothing. */
function isAbout({ log, keys }: Chain, checkpoint: Checkpoint): boolean {
  return checkpoint.log === log || keys.has(checkpoint.key);
}

function vouchedBy({ sequence, atUnixMs }: Checkpoint, countersignature?: Countersignature): Vouched {
  return { sequence, atUnixMs, witness: countersignature?.witness ?? '' };
}

function windowAfter({ end, times, firstSequence }: Chain, sequence: number): Window | undefined {
  if (end.sequence <= sequence || end.sequence === 0) return undefined;
  const fromSequence = Math.max(sequence + 1, firstSequence);
  return {
    fromSequence,
    toSequence: end.sequence,
    fromUnixMs: times.get(fromSequence) ?? 0,
    toUnixMs: times.get(end.sequence) ?? 0,
  };
}

/** From a line of an audit or of an export. */
function claimOf(bytes: Buffer): Checkpoint | undefined {
  try {
    const json = JSON.parse(bytes.toString('utf8')) as JsonObject;
    const entry = objectOf(json.entry ?? json);
    return entry.checkpoint === undefined ? undefined : parseCheckpoint(entry.checkpoint);
  } catch {
    return undefined;
  }
}

function orProblem(check: () => string | undefined): string | undefined {
  try {
    return check();
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
