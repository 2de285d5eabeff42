/** How much of what the host has a limit for is in use: open files and tasks. */
import { closeSync, openSync, readSync } from 'node:fs';
import type { Usage } from '../holders/stress-kernel.ts';

export interface HostUsage {
  /** Open files of all processes, and fs.file-max (proc_sys_fs(5)). */
  openFiles(): Usage;
  /** Threads of all processes, and the smaller of kernel.threads-max and kernel.pid_max (proc_sys_kernel(5)). */
  tasks(): Usage;
}

/** Keeps what it reads open: reading by a name needs a free descriptor, and this is asked when there may be none. */
export function createHostUsage(procRoot = '/proc'): HostUsage {
  const readFileNumbers = keptOpen(`${procRoot}/sys/fs/file-nr`);
  const readLoad = keptOpen(`${procRoot}/loadavg`);
  const readThreadsMax = keptOpen(`${procRoot}/sys/kernel/threads-max`);
  const readPidMax = keptOpen(`${procRoot}/sys/kernel/pid_max`);
  return {
    openFiles() {
      // Allocated, always 0, maximum.
      const [used, , max] = readFileNumbers().trim().split('\t').map(Number);
      return { used: used ?? Number.NaN, max: boundOf(max) };
    },
    tasks() {
      // "running/total" of the whole host (proc_loadavg(5)).
      const total = /\/(\d+)/.exec(readLoad())?.[1];
      return { used: Number(total), max: Math.min(Number(readThreadsMax()), Number(readPidMax())) };
    },
  };
}

function keptOpen(path: string): () => string {
  const buffer = Buffer.alloc(128);
  let descriptor: number | undefined;
  return () => {
    descriptor ??= openSync(path, 'r');
    try {
      return buffer.toString('latin1', 0, readSync(descriptor, buffer, 0, buffer.length, 0));
    } catch (error) {
      closeSync(descriptor);
      descriptor = undefined;
      throw error;
    }
  };
}

/** Service managers set it to the largest number there is (2⁶³−1), which is none. */
function boundOf(max: number | undefined): number {
  return max === undefined || max > Number.MAX_SAFE_INTEGER ? Number.POSITIVE_INFINITY : max;
}
