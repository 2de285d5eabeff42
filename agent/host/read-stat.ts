/** Reading files of /proc whose process may go at any moment. */
import { readFileSync } from 'node:fs';
import { hasCode } from './native/system-call.ts';
import { type ProcStat, parseProcStat } from './proc-stat.ts';

/** USER_HZ: 100 on every Linux that Node runs on (time(7)). */
export const tickMs = 10;

/** @param path of the stat file of a process or of a thread. @returns undefined once it is gone. */
export function readStat(path: string): ProcStat | undefined {
  const text = readUnlessGone(path);
  return text === undefined ? undefined : parseProcStat(text);
}

/** @returns the text of the file, or undefined where its process is gone. */
export function readUnlessGone(path: string): string | undefined {
  return unlessGone(() => readFileSync(path, 'latin1'));
}

export function unlessGone<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    if (hasCode(error, 'ENOENT') || hasCode(error, 'ESRCH')) return undefined;
    throw error;
  }
}
