/** A disk without room: what is left of it is taken by one file. */
import { closeSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';

/** Only a small disk is filled: had its mount gone away, what lies below would be the machine's own. */
const bytesMax = 64 * 2 ** 20;

/** @throws Error, and takes nothing, where there is more room than a small disk has. */
export function fillDisk(path: string): { remove(): void } {
  const filler = join(path, 'filler');
  const remove = (): void => rmSync(filler);
  const fd = openSync(filler, 'w');
  try {
    for (let written = 0; written < bytesMax; written += writeSync(fd, Buffer.alloc(4096, 1)));
    remove();
    throw new Error(`${path} is on no small disk`);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  } finally {
    closeSync(fd);
  }
  return { remove };
}
