/**
 * The audit as a file: append-only, hash-chained, and on the disk before anyone acts on it. A file that has grown large
 * is put aside as audit-SEQUENCE.jsonl, named for its last record, and the next one goes on with the chain.
 */
import { access, rename, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { JsonObject } from '../proto/struct.ts';
import {
  type AuditRecord,
  auditRecord,
  type ChainEnd,
  emptyChain,
  housekeeping,
  lineBytesMax,
  nextLine,
  parseLine,
} from './audit-chain.ts';
import { type AppendFile, openAppendFile, syncDirectory } from './durable-file.ts';
import { createTurns } from './turns.ts';

export interface Audit {
  /** Resolves with the new end of the chain when the record is on the disk. @throws AuditUnavailable; nothing was added then. */
  append(record: AuditRecord): Promise<ChainEnd>;
  end(): ChainEnd;
  /** The last record that is about more than the audit itself; 0 when there is none, or none that was looked at. */
  newsSequence(): number;
  /** The last records that were there when it was opened, as far as 512 KiB go back; the oldest first. */
  readonly recent: readonly JsonObject[];
  /** Of a last line that was torn, and so never acknowledged; 0 where none was. A record says so too. */
  readonly repairedBytes: number;
  /** Told of each record that is on the disk. @returns a function that ends it. */
  watch(listener: (record: AuditRecord, end: ChainEnd) => void): () => void;
  close(): Promise<void>;
}

export interface AuditFileOptions {
  unixMs(): number;
  /** A file that has reached this size is put aside before the next record. */
  readonly rotateAtBytes?: number;
}

/** The disk takes no record: no new fault may start. Restoring goes on without. */
export class AuditUnavailable extends Error {
  readonly reason = 'audit-unavailable';

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'AuditUnavailable';
  }
}

/** The name of a file that was put aside. */
export const rotatedName = /^audit-(\d{12})\.jsonl$/;

const writeDeadlineMs = 2000;
const rotateAtBytesUsual = 64 * 2 ** 20;
const newline = 0x0a;

/**
 * Opens the audit, or begins one. A torn last line was never acknowledged: it is taken out, and what it said is kept in
 * a record of its own.
 * @throws AuditUnavailable when it cannot be opened, or when its last whole line is not what it says it is.
 */
export async function openAudit(path: string, options: AuditFileOptions): Promise<Audit> {
  return orUnavailable(path, async () => {
    await endRotation(path);
    const file = await openAppendFile(path);
    try {
      return await continueChain(file, path, options);
    } catch (error) {
      await file.close();
      throw error;
    }
  });
}

/** The next file is made whole under a name of its own, so a rotation that was interrupted is either undone or ended. */
function nextPathOf(path: string): string {
  return `${path}.next`;
}

async function endRotation(path: string): Promise<void> {
  if (!(await exists(nextPathOf(path)))) return;
  if (await exists(path)) await unlink(nextPathOf(path));
  else await rename(nextPathOf(path), path);
  await syncDirectory(dirname(path));
}

async function continueChain(opened: AppendFile, path: string, options: AuditFileOptions): Promise<Audit> {
  const { unixMs, rotateAtBytes = rotateAtBytesUsual } = options;
  const takeTurn = createTurns(writeDeadlineMs);
  const tail = await readTail(opened, path);
  const listeners = new Set<(record: AuditRecord, end: ChainEnd) => void>();
  let file = opened;
  let end = tail.end;
  let newsSequence = tail.newsSequence;

  async function write(record: AuditRecord): Promise<ChainEnd> {
    const next = nextLine(end, record);
    await file.append(Buffer.from(`${next.line}\n`));
    end = next.end;
    if (!housekeeping.includes(record.action)) newsSequence = end.sequence;
    for (const listener of [...listeners]) listener(record, end);
    return end;
  }

  /** Until the directory is on the disk, a power cut could bring the former file back without what was added since. */
  let isDirectorySynced = true;
  /** What an audit goes on from must not be lost to a power cut that leaves what came after it. */
  let isTailSynced = false;
  let forked: Error | undefined;

  /** A rotation that fails leaves the file that there is: a large file is better than no audit. */
  async function rotate(): Promise<void> {
    const asideName = `audit-${String(end.sequence).padStart(12, '0')}.jsonl`;
    const asidePath = join(dirname(path), asideName);
    const detail = `goes on from ${asideName}`;
    const record = auditRecord({
      atUnixMs: unixMs(),
      by: 'audit',
      action: 'audit-rotated',
      subject: asideName,
      detail,
    });
    const first = nextLine(end, record);
    const next = await openAppendFile(nextPathOf(path));
    try {
      await next.append(Buffer.from(`${first.line}\n`));
      await rename(path, asidePath);
      try {
        await rename(nextPathOf(path), path);
      } catch (error) {
        await rename(asidePath, path).catch((failure: Error) => {
          forked = failure;
        });
        throw error;
      }
    } catch (error) {
      await next.close();
      await unlink(nextPathOf(path)).catch(() => undefined);
      throw error;
    }
    isDirectorySynced = false;
    const former = file;
    file = next;
    end = first.end;
    newsSequence = end.sequence;
    await former.close();
  }

  const append = (record: AuditRecord): Promise<ChainEnd> =>
    orUnavailable(path, () =>
      takeTurn('the audit write', async () => {
        if (file.sizeBytes() >= rotateAtBytes) await rotate().catch(() => undefined);
        if (forked) throw forked;
        if (!isDirectorySynced) await syncDirectory(dirname(path));
        isDirectorySynced = true;
        if (!isTailSynced) await file.sync();
        isTailSynced = true;
        return write(record);
      }),
    );

  if (tail.torn.length > 0) {
    await file.truncate(file.sizeBytes() - tail.torn.length);
    await append(
      auditRecord({
        atUnixMs: unixMs(),
        by: 'audit',
        action: 'audit-repaired',
        detail: `a torn last line of ${tail.torn.length} bytes was never acknowledged`,
        torn: tail.torn.subarray(0, 4096).toString('base64'),
      }),
    );
  }
  return {
    append,
    end: () => end,
    newsSequence: () => newsSequence,
    recent: tail.recent,
    repairedBytes: tail.torn.length,
    watch(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    close: () => takeTurn('closing the audit', () => file.close()),
  };
}

interface Tail {
  /** By the last whole line. */
  readonly end: ChainEnd;
  readonly newsSequence: number;
  /** What stands after it. */
  readonly torn: Buffer;
  readonly recent: readonly JsonObject[];
}

/** A whole line and a torn one after it. */
const tailBytes = 2 * lineBytesMax;

async function readTail(file: AppendFile, path: string): Promise<Tail> {
  const length = Math.min(file.sizeBytes(), tailBytes);
  const tail = await file.read(file.sizeBytes() - length, length);
  const wholeLength = wholeLengthOf(tail);
  const lineEnd = wholeLength - 1;
  const torn = Buffer.from(tail.subarray(wholeLength));
  if (lineEnd < 0) {
    if (length < file.sizeBytes()) throw new Error(`its last ${length} bytes hold no line`);
    return { end: emptyChain, newsSequence: 0, torn, recent: [] };
  }
  const lineStart = lineEnd === 0 ? 0 : tail.lastIndexOf(newline, lineEnd - 1) + 1;
  const last = parseLine(tail.subarray(lineStart, lineEnd));
  if (!last) {
    throw new Error(`its last line is damaged or was edited: keep it as evidence, move it away from ${path}`);
  }
  const whole = linesOf(tail.subarray(0, lineEnd)).flatMap((line) => parseLine(line) ?? []);
  const news = whole.findLast(({ entry }) => !housekeeping.includes(String(entry.action)));
  const before = length < tailBytes ? await recentBefore(whole[0]?.entry, path) : [];
  return {
    end: { sequence: last.sequence, hash: last.hash },
    // Where the tail does not tell, it counts as news: one checkpoint too many is none too few.
    newsSequence: news?.sequence ?? (length < file.sizeBytes() ? last.sequence : 0),
    torn,
    recent: [...before, ...whole.map(({ entry }) => entry)],
  };
}

/**
 * Up to the end of the last line that is not torn. After a power cut a file may be longer than what of it had reached the
 * disk, sector by sector; what had not reads as zeros, which no record has.
 */
function wholeLengthOf(tail: Buffer): number {
  const end = tail.lastIndexOf(newline) + 1;
  const start = end < 2 ? 0 : tail.lastIndexOf(newline, end - 2) + 1;
  return tail.subarray(start, end).includes(0) ? start : end;
}

/** Of a file that has just been begun, what stood at the end of the one before it counts as recent too. */
async function recentBefore(first: JsonObject | undefined, path: string): Promise<readonly JsonObject[]> {
  const asideName = first?.action === 'audit-rotated' ? String(first.subject) : '';
  if (!rotatedName.test(asideName)) return [];
  const asidePath = join(dirname(path), asideName);
  if (!(await exists(asidePath))) return [];
  const file = await openAppendFile(asidePath);
  try {
    const length = Math.min(file.sizeBytes(), tailBytes);
    const bytes = await file.read(file.sizeBytes() - length, length);
    const lines = linesOf(bytes).flatMap((line) => parseLine(line) ?? []);
    return lines.map(({ entry }) => entry);
  } finally {
    await file.close();
  }
}

function linesOf(bytes: Buffer): readonly Buffer[] {
  const lines: Buffer[] = [];
  let from = 0;
  for (let at = bytes.indexOf(newline); at >= 0; at = bytes.indexOf(newline, from)) {
    lines.push(bytes.subarray(from, at));
    from = at + 1;
  }
  return [...lines, bytes.subarray(from)];
}

async function exists(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}

async function orUnavailable<Value>(path: string, run: () => Promise<Value>): Promise<Value> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof AuditUnavailable) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new AuditUnavailable(`the audit ${basename(path)} in ${dirname(path)} takes no records: ${why}`, {
      cause: error,
    });
  }
}
