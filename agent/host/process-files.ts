/** The files of one process in /proc (proc(5)), read synchronously and through one buffer: a ninth of what asynchronous reads cost. */
import { closeSync, constants, openSync, readlinkSync, readSync, statSync } from 'node:fs';
import type { Pid } from '../../proto/identity.ts';
import { type CgroupPlace, parseCgroup } from './cgroup-path.ts';
import type { Place } from './living-thread.ts';
import { type ProcStat, parseProcStat } from './proc-stat.ts';

/** Effective. */
export interface Owner {
  readonly uid: number;
  readonly gid: number;
  /** Of the directory, see `ListedProcess.inode`. */
  readonly inode?: number;
}

/** Each is undefined where the process is gone, or may not be looked at. */
export interface ProcessFiles {
  stat(pid: Pid): ProcStat | undefined;
  owner(pid: Pid): Owner | undefined;
  exe(place: Place): string | undefined;
  cmdline(place: Place): readonly string[] | undefined;
  cgroup(place: Place): CgroupPlace | undefined;
  /**
   * Reads the stat file, runs `read`, and then reads the stat file of that same process again: where it is still there,
   * all that was read in between is of this process, since no pid is given away while its process is there.
   */
  inOnePiece<Value>(
    pid: Pid,
    read: (stat: ProcStat) => Value,
  ): { readonly stat: ProcStat; readonly value: Value } | undefined;
}

export type OwnerOf = (directory: string) => Owner;

export const cmdlineBytesMax = 4096;
const bufferBytes = 64 * 1024;
const deletedMark = ' (deleted)';
const placesMax = 4096;

export function createProcessFiles(procRoot: string, ownerOf: OwnerOf = ownerOfDirectory): ProcessFiles {
  const buffer = Buffer.allocUnsafe(bufferBytes);
  const placeOf = remembering(parseCgroup, placesMax);
  // Executables are shared by many processes: one copy of each path.
  const sameText = remembering((text) => text, placesMax);

  /** One read: the kernel makes these files whole, and cuts cmdline where it is told to. */
  function readSmall(path: string, lengthBytes = bufferBytes): string {
    const fd = openSync(path, constants.O_RDONLY);
    try {
      return buffer.toString('utf8', 0, readSync(fd, buffer, 0, lengthBytes, 0));
    } finally {
      closeSync(fd);
    }
  }

  function statIn(fd: number): ProcStat | undefined {
    const length = unlessGone(() => readSync(fd, buffer, 0, bufferBytes, 0));
    return length === undefined ? undefined : parseProcStat(buffer.toString('utf8', 0, length));
  }

  return {
    stat: (pid) => unlessGone(() => parseProcStat(readSmall(`${procRoot}/${pid}/stat`))),
    owner: (pid) => unlessGone(() => ownerOf(`${procRoot}/${pid}`)),
    exe(place) {
      try {
        return sameText(withoutMark(readlinkSync(`${procRoot}/${place}/exe`)));
      } catch {
        // Gone, or hidden, or longer than the kernel can say (ENAMETOOLONG), which anyone can bring about.
        return undefined;
      }
    },
    cmdline: (place) => unlessGone(() => argumentsIn(readSmall(`${procRoot}/${place}/cmdline`, cmdlineBytesMax))),
    cgroup: (place) => unlessGone(() => placeOf(readSmall(`${procRoot}/${place}/cgroup`))),
    inOnePiece(pid, read) {
      const statFd = unlessGone(() => openSync(`${procRoot}/${pid}/stat`, constants.O_RDONLY));
      if (statFd === undefined) return undefined;
      try {
        const before = statIn(statFd);
        if (!before) return undefined;
        const value = read(before);
        // Answers ESRCH once its process is gone, also when the pid belongs to another one by then.
        const stat = statIn(statFd);
        return stat && { stat, value };
      } finally {
        closeSync(statFd);
      }
    },
  };
}

/**
 * The kernel shows the effective owner in the mode of this one directory, whatever the process hides otherwise
 * (task_dump_owner, fs/proc/base.c); the status file says the same at four times the cost.
 */
function ownerOfDirectory(directory: string): Owner {
  const { uid, gid, ino } = statSync(directory);
  return { uid, gid, inode: ino };
}

/** After an upgrade the old program still runs, and still is what it was. */
function withoutMark(target: string): string {
  return target.endsWith(deletedMark) ? target.slice(0, -deletedMark.length) : target;
}

/** A process that wrote a title over its arguments leaves NULs behind it. */
function argumentsIn(text: string): readonly string[] {
  let length = text.length;
  while (length > 0 && text.charCodeAt(length - 1) === 0) length -= 1;
  return length === 0 ? [] : text.slice(0, length).split('\0');
}

function remembering<Value>(make: (text: string) => Value, entriesMax: number): (text: string) => Value {
  const made = new Map<string, Value>();
  return (text) => {
    const known = made.get(text);
    if (known !== undefined) return known;
    // Processes may choose what is in here: it starts anew rather than grow.
    if (made.size >= entriesMax) made.clear();
    const value = make(text);
    made.set(text, value);
    return value;
  };
}

/** Also for a process that may not be looked at (hidepid, proc(5)). */
function unlessGone<Value>(read: () => Value): Value | undefined {
  try {
    return read();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES' || code === 'EPERM') return undefined;
    throw error;
  }
}
