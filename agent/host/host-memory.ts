/** /proc/meminfo (proc_meminfo(5)). */
import { readFileSync } from 'node:fs';
import type { HostMemory } from '../holders/holder-kernel.ts';

export function readHostMemory(procRoot = '/proc'): HostMemory {
  const text = readFileSync(`${procRoot}/meminfo`, 'latin1');
  return { totalBytes: bytesOf(text, 'MemTotal'), availableBytes: bytesOf(text, 'MemAvailable') };
}

function bytesOf(text: string, name: string): number {
  const kibibytes = new RegExp(`^${name}:\\s+(\\d+) kB$`, 'm').exec(text)?.[1];
  if (kibibytes === undefined) throw new Error(`/proc/meminfo has no ${name}`);
  return Number(kibibytes) * 1024;
}
