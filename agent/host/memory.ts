/** The host's memory by /proc/meminfo (proc_meminfo(5)). */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Memory {
  readonly totalBytes: number;
  /** What can be had without swapping, by the kernel's own estimate. */
  readonly availableBytes: number;
}

/** About 30 µs. @throws Error where the file says neither. */
export function readMemory(procRoot = '/proc'): Memory {
  const text = readFileSync(join(procRoot, 'meminfo'), 'latin1');
  return { totalBytes: kibibytes(text, 'MemTotal') * 1024, availableBytes: kibibytes(text, 'MemAvailable') * 1024 };
}

function kibibytes(text: string, field: string): number {
  const match = new RegExp(`^${field}:\\s+(\\d+) kB$`, 'm').exec(text);
  if (!match) throw new Error(`/proc/meminfo does not say ${field}`);
  return Number(match[1]);
}
