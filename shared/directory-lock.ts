/** One writer per state directory: flock(2), which the kernel gives back however its owner ends. */
import { loadLibc, type NativeFunction } from './libc.ts';

const lockExclusive = 2;
const lockNonBlocking = 4;

let flock: NativeFunction | undefined;

/**
 * The lock lasts as long as the descriptor.
 * @param users who else may have it, for the message: "another coordinator".
 * @throws Error when another process has it, or when it cannot be had here.
 */
export function lockDescriptor(fd: number, path: string, users: string): void {
  const libc = loadLibc();
  if (libc instanceof Error) {
    throw new Error(`${path} cannot be locked, since native calls are not available here: ${libc.message}`);
  }
  flock ??= libc.func('int flock(int fd, int operation)');
  if (flock(fd, lockExclusive | lockNonBlocking) === 0) return;
  const errno = libc.koffi.errno();
  if (errno === libc.koffi.os.errno.EWOULDBLOCK || errno === libc.koffi.os.errno.EAGAIN) {
    throw new Error(`${path} is in use by ${users}: one at a time`);
  }
  throw new Error(`${path} cannot be locked: errno ${errno}`);
}
