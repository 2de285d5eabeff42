/** Space of files by the kernel's own calls (fallocate(2), posix_fadvise(2)). */
import { checked, lazily, SystemCallError } from './system-call.ts';

const fallocate = lazily('int fallocate(int fd, int mode, int64_t offset, int64_t length)');
const fadvise = lazily('int posix_fadvise(int fd, int64_t offset, int64_t length, int advice)');
const dontNeed = 4;

/** The space is taken on return; the file grows by it. @throws SystemCallError ENOSPC, EOPNOTSUPP, EINTR (tmpfs). */
export function allocateSpace(descriptor: number, offset: number, bytes: number): void {
  checked('fallocate', fallocate(descriptor, 0, offset, bytes));
}

/** Forgets what is cached of that part, so that the next read of it comes from the device. What is not on it yet stays. */
export function dropFromCache(descriptor: number, offset: number, bytes: number): void {
  const number = fadvise(descriptor, offset, bytes, dontNeed);
  if (number !== 0) throw SystemCallError.of('posix_fadvise', number);
}
