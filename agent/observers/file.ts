/** A file, and the lines that were added to it since the last look. Only its size and counts are told, never its text. */
import { constants, type Stats } from 'node:fs';
import { type FileHandle, open, realpath } from 'node:fs/promises';
import type { leash } from '../../proto/codec.ts';
import { Refused } from '../../proto/refused.ts';
import { inSlices } from '../host/in-slices.ts';
import { isPathAllowed } from '../limits/path-allowed.ts';

export interface FileSight {
  readonly path: string;
  readonly pattern: string;
  /** "device:inode:offset", as the answer before gave it. */
  readonly cursor: string;
}

/** A look reads no more than this; what is left is for the next one. */
const bytesPerLookMax = 256 * 1024;
const lineBytesMax = 4096;
/** A file system of the network may never answer. */
const answerWithinMs = 1500;

/** @param allowed the directories of the policy's observe.paths. @throws Refused, InvalidInput for a pattern. */
export async function observeFile(sight: FileSight, allowed: readonly string[]): Promise<leash.v1.IFileSeen> {
  requireAllowed(sight.path, allowed);
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const silence = new Error(`the file system of ${sight.path} did not answer within ${answerWithinMs} ms`);
    timer = setTimeout(reject, answerWithinMs, silence);
  });
  try {
    return await Promise.race([look(sight, allowed), late]);
  } finally {
    clearTimeout(timer);
  }
}

async function look(sight: FileSight, allowed: readonly string[]): Promise<leash.v1.IFileSeen> {
  // A link in an allowed directory must not lead out of it.
  const path = await realpath(sight.path).catch(unlessMissing);
  if (path === undefined) return missing(sight);
  requireAllowed(path, allowed);
  const handle = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK).catch(
    unlessMissing,
  );
  if (!handle) return missing(sight);
  try {
    const stats = await handle.stat();
    const seen = { exists: true, sizeBytes: stats.size, ageMs: Math.max(0, Date.now() - stats.mtimeMs) };
    if (sight.pattern === '' || !stats.isFile()) return { ...seen, matches: 0, cursor: cursorAt(stats, stats.size) };
    const { matches, offset } = await readNew(handle, stats, sight);
    return { ...seen, matches, cursor: cursorAt(stats, offset) };
  } finally {
    await handle.close();
  }
}

/** A file that is not there yet has all of its text still to come. */
function missing({ cursor }: FileSight): leash.v1.IFileSeen {
  return { exists: false, sizeBytes: 0, ageMs: 0, matches: 0, cursor: cursor || '0:0:0' };
}

async function readNew(
  handle: FileHandle,
  stats: Stats,
  { cursor, pattern }: FileSight,
): Promise<{ matches: number; offset: number }> {
  const from = offsetOf(cursor, stats);
  const { compilePattern } = await import('../core/argument-pattern.ts');
  const { isIn } = compilePattern(pattern, 'file.pattern');
  const buffer = Buffer.alloc(Math.min(bytesPerLookMax, Math.max(0, stats.size - from)));
  const { bytesRead } = await handle.read(buffer, 0, buffer.length, from);
  const read = buffer.subarray(0, bytesRead);
  // The last line may still be written; one that is longer than a look is taken as it is.
  const end = read.lastIndexOf(10) + 1 || (bytesRead === bytesPerLookMax ? bytesRead : 0);
  return { matches: await inSlices(countMatches(read.subarray(0, end), isIn)), offset: from + end };
}

function* countMatches(text: Buffer, isIn: (line: string) => boolean): Generator<void, number> {
  let matches = 0;
  for (let start = 0; start < text.length; ) {
    const newline = text.indexOf(10, start);
    const end = newline === -1 ? text.length : newline;
    if (isIn(text.toString('utf8', start, Math.min(end, start + lineBytesMax)))) matches += 1;
    start = end + 1;
    yield;
  }
  return matches;
}

/** The first look begins at the end; a file that was replaced or cut short is read from its start. */
function offsetOf(cursor: string, stats: Stats): number {
  const [device, inode, offset] = cursor.split(':').map(Number);
  if (cursor === '' || offset === undefined || !Number.isSafeInteger(offset)) return stats.size;
  const isSame = device === stats.dev && inode === stats.ino;
  return isSame && offset <= stats.size ? offset : 0;
}

function cursorAt({ dev, ino }: Stats, offset: number): string {
  return `${dev}:${ino}:${offset}`;
}

function requireAllowed(path: string, allowed: readonly string[]): void {
  if (isPathAllowed(path, allowed)) return;
  const message = `${path} is not in a directory of observe.paths (${allowed.join(', ') || 'none'})`;
  throw new Refused([{ reason: 'path-not-allowed', message, limit: 'observe.paths', value: path }]);
}

function unlessMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
  throw error;
}
