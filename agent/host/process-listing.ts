/** Which processes there are, by a listing of /proc. */
import { closeSync, openSync } from 'node:fs';
import { type Pid, parsePid } from '../../proto/identity.ts';
import { directoryEntries } from './native/directory.ts';
import { listPids } from './process-identity.ts';

export interface ListedProcess {
  readonly pid: Pid;
  /**
   * Of the directory /proc/PID, which the kernel makes anew for each process: the same number again means the same
   * process. Another number may, when the kernel has forgotten the directory in between. Undefined without native calls.
   */
  readonly inode: number | undefined;
}

/** In order of pid. A step for each few hundred processes. */
export function* listProcesses(procRoot: string): Generator<void, readonly ListedProcess[]> {
  const listed = (yield* withInodes(procRoot)) ?? listPids(procRoot).map((pid) => ({ pid, inode: undefined }));
  // The kernel lists them in order; another tree may not.
  return isInOrder(listed) ? listed : listed.toSorted((one, other) => one.pid - other.pid);
}

function* withInodes(procRoot: string): Generator<void, readonly ListedProcess[] | undefined> {
  const fd = openSync(procRoot, 'r');
  try {
    const listed: ListedProcess[] = [];
    for (const entries of directoryEntries(fd)) {
      for (const { name, inode } of entries) {
        if (/^\d+$/.test(name)) listed.push({ pid: parsePid(Number(name)), inode });
      }
      yield;
    }
    return listed;
  } catch {
    // Without native calls, or with an old libc.
    return undefined;
  } finally {
    closeSync(fd);
  }
}

function isInOrder(listed: readonly ListedProcess[]): boolean {
  return listed.every(({ pid }, index) => index === 0 || (listed[index - 1]?.pid ?? 0) < pid);
}
