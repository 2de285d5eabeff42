/** The size of a page of memory, which stat files count in (getauxval(3)). */
import { readFileSync } from 'node:fs';

const auxvPageSize = 6n;

/** 4096 where it cannot be found out, as on nearly every machine. */
export function readPageSize(auxvPath = '/proc/self/auxv'): number {
  try {
    const auxv = readFileSync(auxvPath);
    for (let at = 0; at + 16 <= auxv.length; at += 16) {
      if (auxv.readBigUInt64LE(at) === auxvPageSize) return Number(auxv.readBigUInt64LE(at + 8));
    }
  } catch {
    // Not readable for a process that may not be dumped.
  }
  return 4096;
}
