/** Listing a directory with the inode of each entry, which Node leaves out (getdents64(2)). */
import { checked, lazily } from './system-call.ts';

export interface DirectoryEntry {
  readonly name: string;
  readonly inode: number;
}

/** struct linux_dirent64 { ino64_t ino; off64_t offset; unsigned short length; unsigned char type; char name[]; } */
const lengthAt = 16;
const nameAt = 19;
/** The kernel spends about 2 µs on each entry of /proc, all of them in one call. */
const bufferBytes = 8 * 1024;

const getdents64 = lazily('long getdents64(int fd, _Out_ uint8_t *buffer, size_t length)');

/**
 * One call, and up to three hundred entries, a step.
 * @param fd of an open directory, at its beginning. @throws Error without native calls, or with a glibc before 2.30.
 */
export function* directoryEntries(fd: number): Generator<readonly DirectoryEntry[], void> {
  const buffer = Buffer.allocUnsafe(bufferBytes);
  for (;;) {
    const length = checked('getdents64', getdents64(fd, buffer, bufferBytes));
    if (length === 0) return;
    const entries: DirectoryEntry[] = [];
    for (let at = 0; at < length; at += buffer.readUInt16LE(at + lengthAt)) {
      const name = buffer.toString('latin1', at + nameAt, buffer.indexOf(0, at + nameAt));
      entries.push({ name, inode: buffer.readUInt32LE(at) + buffer.readUInt32LE(at + 4) * 2 ** 32 });
    }
    yield entries;
  }
}
