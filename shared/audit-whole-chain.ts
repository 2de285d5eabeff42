/** An audit as one chain over all of its files: what it says, and where it does not hold together. */
import { basename } from 'node:path';
import type { JsonObject } from '../proto/struct.ts';
import { type ChainEnd, emptyChain, follows } from './audit-chain.ts';
import { type ReadLine, readAuditFile } from './audit-reading.ts';

/** A record that carries a checkpoint. */
export interface Claim {
  readonly where: string;
  readonly sequence: number;
  readonly entry: JsonObject;
}

export interface Chain {
  readonly lines: number;
  readonly firstSequence: number;
  readonly end: ChainEnd;
  readonly log: string | undefined;
  readonly keys: ReadonlySet<string>;
  readonly claims: readonly Claim[];
  /** By sequence. */
  readonly hashes: ReadonlyMap<number, string>;
  readonly times: ReadonlyMap<number, number>;
}

/** @param problems gets a line for each break, at most twenty. */
export async function readChain(files: readonly string[], isPartial: boolean, problems: string[]): Promise<Chain> {
  let end: ChainEnd = emptyChain;
  let lines = 0;
  let firstSequence = 0;
  let log: string | undefined;
  const keys = new Set<string>();
  const claims: Claim[] = [];
  const hashes = new Map<number, string>();
  const times = new Map<number, number>();
  for (const file of files) {
    for await (const read of readAuditFile(file)) {
      const { line } = read;
      const where = files.length > 1 ? `${basename(file)} line ${read.number}` : `line ${read.number}`;
      lines += 1;
      if (lines === 1) {
        firstSequence = line?.sequence ?? 1;
        const isContinued = line?.entry.action === 'audit-rotated';
        // What it goes on from is taken as given only where it says so itself, and who asks knows it.
        if (line && isPartial && isContinued) end = { sequence: line.sequence - 1, hash: line.previous };
      }
      const problem = brokenLine(read, end);
      if (problem && problems.length < problemsMax) problems.push(`${where}: ${problem}`);
      // Goes on from what the line claims, so that one edit is one problem and not a thousand.
      end = line ? { sequence: line.sequence, hash: line.hash } : { sequence: end.sequence + 1, hash: '' };
      if (!line) continue;
      hashes.set(line.sequence, line.hash);
      const { action, atUnixMs, checkpoint, subject, key } = line.entry;
      if (typeof atUnixMs === 'number') times.set(line.sequence, atUnixMs);
      if (action === 'audit-began' && typeof key === 'string') {
        log = String(subject);
        keys.add(key);
      }
      if (checkpoint === undefined || (action !== 'checkpoint' && action !== 'witnessed')) continue;
      claims.push({ where, sequence: line.sequence, entry: line.entry });
      if (action !== 'checkpoint') continue;
      const own = objectOf(checkpoint);
      log ??= String(own.log);
      keys.add(String(own.key));
    }
  }
  return { lines, firstSequence, end, log, keys, claims, hashes, times };
}

function brokenLine({ line, isEnded, bytes, number }: ReadLine, end: ChainEnd): string | undefined {
  if (!isEnded) return `a torn end of ${bytes.length} bytes`;
  if (!line) return 'its hash is not that of its text';
  // After a line whose hash is not its own, there is no hash that the next one could carry.
  if (end.hash === '' ? line.sequence === end.sequence + 1 : follows(line, end)) return undefined;
  if (number === 1 && line.sequence > 1 && line.entry.action === 'audit-rotated' && end.sequence === 0) {
    return `goes on from ${String(line.entry.subject)}, which was not given`;
  }
  return `sequence ${line.sequence} does not follow sequence ${end.sequence}`;
}

const problemsMax = 20;

/** What is no object is one without keys. */
export function objectOf(json: unknown): JsonObject {
  return typeof json === 'object' && json !== null ? (json as JsonObject) : {};
}
