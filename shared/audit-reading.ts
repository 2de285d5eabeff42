/** Reading audits as files: live ones, ones that were put aside, and copies of either. */
import { createReadStream } from 'node:fs';
import { readdir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type AuditLine, lineBytesMax, parseLine } from './audit-chain.ts';
import { rotatedName } from './audit-file.ts';

export interface ReadLine {
  readonly file: string;
  /** From 1, in its file. */
  readonly number: number;
  readonly bytes: Buffer;
  /** Absent where it is not whole, or its hash is not its own. */
  readonly line: AuditLine | undefined;
  /** Whether a newline ends it: without one, it was never acknowledged. */
  readonly isEnded: boolean;
}

const newline = 0x0a;

/**
 * The files of one audit, in the order of its chain. A directory stands for all of its own: those put aside, then
 * audit.jsonl.
 * @throws Error for a path that is not there, and for a directory that holds no audit.
 */
export async function auditFiles(paths: readonly string[]): Promise<readonly string[]> {
  const files: { readonly path: string; readonly first: number }[] = [];
  for (const path of paths) {
    for (const file of await filesAt(path)) files.push({ path: file, first: await firstSequence(file) });
  }
  return files.sort((one, other) => one.first - other.first).map(({ path }) => path);
}

/** Line by line, by the newline alone. What is longer than a line may be counts as one that is not whole. */
export async function* readAuditFile(file: string): AsyncGenerator<ReadLine> {
  let number = 0;
  let rest: Buffer = Buffer.alloc(0);
  for await (const chunk of createReadStream(file) as AsyncIterable<Buffer>) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let from = 0;
    for (let at = rest.indexOf(newline); at >= 0; at = rest.indexOf(newline, from)) {
      yield readLine(file, ++number, rest.subarray(from, at), true);
      from = at + 1;
    }
    rest = rest.subarray(from);
    if (rest.length > 2 * lineBytesMax) throw new Error(`${file}: line ${number + 1} has no end: this is no audit`);
  }
  if (rest.length > 0) yield readLine(file, number + 1, rest, false);
}

function readLine(file: string, number: number, bytes: Buffer, isEnded: boolean): ReadLine {
  return { file, number, bytes, isEnded, line: parseLine(bytes) };
}

async function filesAt(path: string): Promise<readonly string[]> {
  if (!(await stat(path)).isDirectory()) return [path];
  const names = (await readdir(path)).filter((name) => rotatedName.test(name) || name === 'audit.jsonl');
  if (names.length === 0) throw new Error(`${path}: holds no audit.jsonl`);
  return names.map((name) => join(path, name));
}

/** What cannot be read stands where its name says. */
async function firstSequence(file: string): Promise<number> {
  for await (const { line } of readAuditFile(file)) {
    if (line) return line.sequence;
    break;
  }
  const aside = rotatedName.exec(basename(file));
  return aside ? Number(aside[1]) : Number.MAX_SAFE_INTEGER;
}
