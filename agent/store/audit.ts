/** The audit: append-only, hash-chained, and on the disk before anyone acts on it. */
import { open } from 'node:fs/promises';
import type { JsonObject } from '../../proto/struct.ts';
import { type AppendFile, openAppendFile } from '../../shared/durable-file.ts';
import { type ChainEnd, emptyChain, follows, lineBytesMax, nextLine, parseLine } from './audit-chain.ts';
import { createTurns } from './turns.ts';

export interface Audit {
  /** Resolves with the new end of the chain when the entry is on the disk. @throws AuditUnavailable; nothing was added then. */
  append(entry: JsonObject): Promise<ChainEnd>;
  end(): ChainEnd;
  /** The last entries that were there when it was opened, as far as 512 KiB go back; the oldest first. */
  readonly recent: readonly JsonObject[];
  close(): Promise<void>;
}

/** The disk takes no entry: no new fault may start. Restoring goes on without. */
export class AuditUnavailable extends Error {
  readonly reason = 'audit-unavailable';

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'AuditUnavailable';
  }
}

export interface AuditVerification {
  readonly isIntact: boolean;
  readonly lines: number;
  readonly end: ChainEnd;
  /** The first ones found, as "line 7: …". */
  readonly problems: readonly string[];
}

const writeDeadlineMs = 2000;
const problemsMax = 20;
const newline = 0x0a;

/**
 * Opens the audit, or begins one. A torn last line was never acknowledged: it is taken out, and what it said is kept in
 * an entry of its own.
 * @throws AuditUnavailable when it cannot be opened, or when its last whole line is not what it says it is.
 */
export async function openAudit(path: string): Promise<Audit> {
  const file = await orUnavailable(path, () => openAppendFile(path));
  try {
    return await orUnavailable(path, () => continueChain(file, path));
  } catch (error) {
    await file.close();
    throw error;
  }
}

/**
 * Reads the whole file, one line at a time. An edited, reordered, removed or doubled line is a problem; so is a torn end.
 * A file that was cut at the end of a line is not seen here: compare `end` with one that was kept elsewhere.
 */
export async function verifyAudit(path: string): Promise<AuditVerification> {
  const file = await open(path);
  const problems: string[] = [];
  let end = emptyChain;
  let lines = 0;
  for await (const text of file.readLines()) {
    lines += 1;
    const line = parseLine(text);
    if (!line) {
      problems.push(`line ${lines}: its hash is not that of its text`);
    } else if (!follows(line, end)) {
      problems.push(`line ${lines}: sequence ${line.sequence} does not follow sequence ${end.sequence}`);
    }
    if (problems.length >= problemsMax) break;
    // Goes on from what the line claims, so that one edit is one problem and not a thousand.
    end = line ?? { sequence: end.sequence + 1, hash: '' };
  }
  return { isIntact: problems.length === 0, lines, end: { sequence: end.sequence, hash: end.hash }, problems };
}

async function continueChain(file: AppendFile, path: string): Promise<Audit> {
  const takeTurn = createTurns(writeDeadlineMs);
  const { end: foundEnd, torn, recent } = await readTail(file, path);
  let end = foundEnd;

  const append = (entry: JsonObject) =>
    orUnavailable(path, () =>
      takeTurn('the audit write', async () => {
        const next = nextLine(end, entry);
        await file.append(Buffer.from(`${next.line}\n`));
        end = next.end;
        return end;
      }),
    );

  if (torn.length > 0) {
    await file.truncate(file.sizeBytes() - torn.length);
    await append({
      action: 'audit-repaired',
      detail: `a torn last line of ${torn.length} bytes was never acknowledged`,
      torn: torn.subarray(0, 4096).toString('base64'),
    });
  }
  return { append, end: () => end, recent, close: () => takeTurn('closing the audit', () => file.close()) };
}

interface Tail {
  /** By the last whole line. */
  readonly end: ChainEnd;
  /** What stands after it. */
  readonly torn: Buffer;
  readonly recent: readonly JsonObject[];
}

async function readTail(file: AppendFile, path: string): Promise<Tail> {
  // A whole line and a torn one after it.
  const length = Math.min(file.sizeBytes(), 2 * lineBytesMax);
  const tail = await file.read(file.sizeBytes() - length, length);
  const lineEnd = tail.lastIndexOf(newline);
  const torn = Buffer.from(tail.subarray(lineEnd + 1));
  if (lineEnd < 0) {
    if (length < file.sizeBytes()) throw new Error(`its last ${length} bytes hold no line`);
    return { end: emptyChain, torn, recent: [] };
  }
  const lineStart = lineEnd === 0 ? 0 : tail.lastIndexOf(newline, lineEnd - 1) + 1;
  const last = parseLine(tail.subarray(lineStart, lineEnd).toString('utf8'));
  if (!last) {
    throw new Error(`its last line is damaged or was edited: keep it as evidence, move it away from ${path}`);
  }
  const lines = tail.subarray(0, lineEnd).toString('utf8').split('\n');
  const recent = lines.flatMap((line) => {
    const parsed = parseLine(line);
    return parsed ? [parsed.entry] : [];
  });
  return { end: { sequence: last.sequence, hash: last.hash }, torn, recent };
}

async function orUnavailable<Value>(path: string, run: () => Promise<Value>): Promise<Value> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof AuditUnavailable) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new AuditUnavailable(`the audit ${path} takes no entries: ${why}`, { cause: error });
  }
}
