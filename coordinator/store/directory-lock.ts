/** One coordinator per state directory: flock(2), which the kernel gives back however its owner ends. */
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { requireLibc } from '../../shared/libc.ts';

const lockExclusive = 2;
const lockNonBlocking = 4;

/** @returns a function that gives the lock back. @throws Error when it is taken, or cannot be had here. */
export function lockDirectory(directory: string): () => void {
  const libc = requireLibc();
  const fd = openSync(join(directory, 'lock'), 'a', 0o600);
  const flock = libc.func('int flock(int fd, int operation)');
  if (flock(fd, lockExclusive | lockNonBlocking) === 0) return () => closeSync(fd);
  closeSync(fd);
  throw new Error(`${directory} is in use by another coordinator: one at a time`);
}
