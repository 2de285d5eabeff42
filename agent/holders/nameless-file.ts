/**
 * A file that has no name from its first instant (O_TMPFILE, open(2)): nobody can find it, and the kernel frees it when
 * the last descriptor is closed, which the end of this process does.
 */
import { closeSync, constants, openSync, readlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import { allocateSpace } from '../host/native/file-space.ts';
import { hasCode } from '../host/native/system-call.ts';
import { HoldFailure } from './hold-failure.ts';
import type { NamelessFile } from './stress-kernel.ts';

/** Node does not name it. The same on every architecture, unlike the flag for directories, which it includes. */
const nameless = 0o20000000 | constants.O_DIRECTORY;
/** tmpfs gives up an allocation for any signal; the next try goes on from the same offset. */
const triesMax = 100;

/** @throws HoldFailure where the directory may not be written, is reached by a link, or cannot have such files. */
export function openNamelessFile(directory: string, { isSynchronous = false } = {}): NamelessFile {
  const descriptor = open(directory, isSynchronous ? constants.O_DSYNC : 0);
  let bytes = 0;
  let isOpen = true;
  return {
    descriptor,
    get bytes() {
      return bytes;
    },
    allocate(more) {
      for (let tries = 1; ; tries++) {
        try {
          allocateSpace(descriptor, bytes, more);
          break;
        } catch (error) {
          if (!hasCode(error, 'EINTR') || tries === triesMax) throw error;
        }
      }
      bytes += more;
    },
    release() {
      if (isOpen) closeSync(descriptor);
      isOpen = false;
    },
  };
}

function open(directory: string, flags: number): number {
  let descriptor: number;
  try {
    // Exclusive: it can never be given a name either.
    descriptor = openSync(directory, nameless | constants.O_RDWR | constants.O_EXCL | flags, 0o600);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new HoldFailure('fault-unavailable', `no file without a name can be made in ${directory}: ${code}`);
  }
  // What the policy allows is a path; a symbolic link in it would lead elsewhere.
  const place = dirname(readlinkSync(`/proc/self/fd/${descriptor}`));
  if (place === directory) return descriptor;
  closeSync(descriptor);
  throw new HoldFailure('fault-unavailable', `${directory} leads to ${place}: name that directory itself`);
}
