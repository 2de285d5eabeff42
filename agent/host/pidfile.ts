/**
 * The process that a pidfile means. Such a file is a bare number that outlives its process, and may be written by someone
 * else: so its owner is looked at, and whether the process was there already when it was written.
 */
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { type Pid, pidMax } from '../../proto/identity.ts';
import type { Refusal } from '../../proto/refusal.ts';
import type { ProcessFacts } from '../core/process.ts';
import { tickMs } from './read-stat.ts';

export interface PidfileOptions {
  readonly processOf: (pid: Pid) => ProcessFacts | undefined;
  readonly bootMs: () => number;
  readonly unixMs: () => number;
  /** A file on a file system that does not answer is refused after this. */
  readonly withinMs?: number;
}

interface PidfileContent {
  readonly pid: Pid;
  readonly uid: number;
  readonly writtenAtUnixMs: number;
}

/** From include/uapi/asm-generic/fcntl.h, since Node has no name for it. */
const pathOnly = 0o10000000;
const bytesMax = 64;
/** A tick of the start time, and a tick of the clock by which the kernel stamps files (10 ms at most). */
const clocksDifferMs = 20;
const readWithinMs = 1000;

/** @returns why not, where the file is not to be trusted. Never throws. */
export async function readPidfile(path: string, options: PidfileOptions): Promise<Pid | Refusal> {
  const { processOf, bootMs, unixMs, withinMs = readWithinMs } = options;
  const content = await inTime(readContent(path), withinMs).catch((error: Error) => unusable(path, wordsFor(error)));
  if ('reason' in content) return content;
  const { pid, uid, writtenAtUnixMs } = content;
  const process = processOf(pid);
  if (!process) return stale(path, `process ${pid}, which it names, is gone`);
  if (uid !== 0 && uid !== process.uid) {
    return unusable(path, `uid ${uid} owns it, and process ${pid} is of uid ${process.uid}`);
  }
  const ageMs = bootMs() - process.identity.startTimeTicks * tickMs;
  const startedLaterMs = Math.round(unixMs() - ageMs - writtenAtUnixMs);
  if (startedLaterMs > clocksDifferMs) {
    return stale(path, `process ${pid} (${process.name}) started ${startedLaterMs} ms after the file was written`);
  }
  return pid;
}

async function readContent(path: string): Promise<PidfileContent | Refusal> {
  // Opened as a mere place first: to open a device or a pipe would do something to it.
  const place = await open(path, pathOnly | constants.O_NOFOLLOW);
  try {
    const stat = await place.stat();
    if (stat.isSymbolicLink()) return unusable(path, 'it is a symbolic link');
    if (!stat.isFile()) return unusable(path, 'it is no regular file');
    if (stat.mode & constants.S_IWOTH) return unusable(path, 'everyone may write it');
    const text = await readStart(`/proc/self/fd/${place.fd}`);
    const pid = /^\s*(\d{1,7})\s*$/.exec(text)?.[1];
    // What else is in the file is not repeated: it may be any file of the host.
    if (text.length > bytesMax || pid === undefined || Number(pid) < 1 || Number(pid) > pidMax) {
      return unusable(path, 'it does not hold one pid and nothing else');
    }
    return { pid: Number(pid) as Pid, uid: stat.uid, writtenAtUnixMs: stat.mtimeMs };
  } finally {
    await place.close();
  }
}

async function readStart(path: string): Promise<string> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, constants.O_RDONLY);
    const buffer = Buffer.alloc(bytesMax + 1);
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
    return buffer.toString('latin1', 0, bytesRead);
  } finally {
    await file?.close();
  }
}

async function inTime<Value>(work: Promise<Value>, withinMs: number): Promise<Value> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(reject, withinMs, new Error(`it could not be read within ${withinMs} ms`));
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function wordsFor(error: Error & { code?: string }): string {
  return error.code === undefined ? error.message : `it cannot be read (${error.code})`;
}

function unusable(path: string, why: string): Refusal {
  return { reason: 'pidfile-unusable', message: `the pidfile ${path} cannot be used: ${why}`, value: path };
}

function stale(path: string, why: string): Refusal {
  return { reason: 'pidfile-stale', message: `the pidfile ${path} is stale: ${why}`, value: path };
}
