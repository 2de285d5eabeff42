/** What the stressors that write a file have in common: where, what stays free there, and what a look at it tells. */
import { formatBytes } from '../../proto/quantity.ts';
import type { Floors } from '../core/briefing.ts';
import { HoldFailure } from '../holders/hold-failure.ts';
import type { FileSystemSpace, NamelessFile, StressKernel } from '../holders/stress-kernel.ts';
import { directory } from './directory-parameter.ts';
import type { Magnitude } from './fault-kind.ts';
import { bytes } from './parameter.ts';
import { refuseBelow, takeInParts } from './watch-floor.ts';

const mebibyte = 2 ** 20;
/** On tmpfs, where space is memory, about 100 ms of work for the kernel; elsewhere less than one. */
const partBytes = 256 * mebibyte;
/** The files of this file system are memory. */
const inMemory = 'tmpfs';

export const scratch = {
  path: directory('The directory where a file without a name is made; no symbolic link may lead there.'),
  floor: bytes({
    minimum: mebibyte,
    maximum: 16 * 2 ** 40,
    fallback: 256 * mebibyte,
    summary: 'Space that stays free on the file system; when others need it, all is given back.',
  }),
};

export interface Scratch {
  readonly path: string;
  readonly floor: number;
}

/** @param space undefined where the file system cannot be asked. */
export function scratchMagnitude(asked: number, space: FileSystemSpace | undefined): Magnitude {
  if (!space) return {};
  const diskLeftBytes = space.freeBytes - asked;
  return {
    diskLeftBytes,
    diskPercent: 100 * (1 - diskLeftBytes / space.totalBytes),
    ...(space.type === inMemory ? { memoryBytes: asked } : {}),
  };
}

/** @throws HoldFailure floor-crossed unless what is wanted can be had, of the disk and, where that is memory, of memory. */
export function refuseBelowFloors(
  kernel: StressKernel,
  { path, floor }: Scratch,
  wanted: number,
  floors?: Floors,
): void {
  const { type, freeBytes } = kernel.fileSystem(path);
  refuseBelow(freeBytes - wanted, Math.max(floor, floors?.diskBytes ?? 0), formatBytes, path);
  if (type !== inMemory || !floors) return;
  refuseBelow(kernel.hostMemory().availableBytes - wanted, floors.memoryBytes, formatBytes, 'memory');
}

/** @throws HoldFailure floor-crossed, fault-unavailable; then nothing is taken. */
export async function allocate(
  kernel: StressKernel,
  file: NamelessFile,
  asked: number,
  place: Scratch,
  floors?: Floors,
): Promise<void> {
  refuseBelowFloors(kernel, place, asked, floors);
  const takePart = (part: number): void => {
    refuseBelowFloors(kernel, place, part, floors);
    try {
      file.allocate(part);
    } catch (error) {
      throw notAllocated(error, place.path);
    }
  };
  await takeInParts(asked, partBytes, takePart, () => file.release());
}

function notAllocated(error: unknown, path: string): unknown {
  const { code } = error as NodeJS.ErrnoException;
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new HoldFailure('floor-crossed', `${path} has no more space: ${code}`);
  if (code === 'EOPNOTSUPP' || code === 'EFBIG') {
    return new HoldFailure('fault-unavailable', `the file system of ${path} cannot allocate it: ${code}`);
  }
  return error;
}
