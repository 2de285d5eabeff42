/** Anonymous memory whose pages are really there when the call returns (mmap(2)). */
import { lastError, lazily } from './system-call.ts';

const readWrite = 0x3;
const privateAnonymousPopulated = 0x2 | 0x20 | 0x8000;
const failed = 0xffff_ffff_ffff_ffffn;

const mmap = lazily('uintptr_t mmap(void *address, size_t length, int protection, int flags, int fd, int64_t offset)');
const munmap = lazily('int munmap(uintptr_t address, size_t length)');

export interface MappedMemory {
  readonly bytes: number;
  /** Idempotent. */
  release(): void;
}

/** @throws SystemCallError ENOMEM, EAGAIN. */
export function mapMemory(bytes: number): MappedMemory {
  const address = mmap(null, bytes, readWrite, privateAnonymousPopulated, -1, 0);
  if (BigInt(address) === failed) throw lastError('mmap');
  let isMapped = true;
  return {
    bytes,
    release() {
      if (isMapped) munmap(address, bytes);
      isMapped = false;
    },
  };
}
