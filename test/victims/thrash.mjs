/** Takes so many bytes, writes a byte to each page of them, gives them back, and begins again. */
import { libc } from './libc.mjs';

const bytes = Number(process.argv[2]);
const mmap = libc.func('uintptr_t mmap(void *at, size_t length, int protection, int flags, int fd, long offset)');
const memset = libc.func('void *memset(uintptr_t at, int value, size_t length)');
const munmap = libc.func('int munmap(uintptr_t at, size_t length)');
const readWrite = 3;
const privateAnonymous = 0x22;

for (;;) {
  const at = mmap(null, bytes, readWrite, privateAnonymous, -1, 0);
  memset(at, 1, bytes);
  munmap(at, bytes);
}
