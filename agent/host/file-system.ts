/** The file system that a directory is on (statfs(2)). */
import { statfsSync } from 'node:fs';
import { statfs } from 'node:fs/promises';
import type { FileSystemSpace } from '../holders/stress-kernel.ts';

/** include/uapi/linux/magic.h. The second and third extended file systems have the same number as the fourth. */
const names: Readonly<Record<number, string>> = { 61267: 'ext4', 1481003842: 'xfs', 16914836: 'tmpfs' };

/** May block for ever on a file system of the network: only for directories that are known to be local. */
export function readFileSystem(directory: string): FileSystemSpace {
  return fileSystemOf(statfsSync(directory));
}

/** @throws Error ENOENT, EACCES; and when the file system does not answer in time. */
export async function askFileSystem(directory: string, withinMs: number): Promise<FileSystemSpace> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    const silence = new Error(`the file system of ${directory} did not answer within ${withinMs} ms`);
    timer = setTimeout(reject, withinMs, silence);
  });
  try {
    return fileSystemOf(await Promise.race([statfs(directory), late]));
  } finally {
    clearTimeout(timer);
  }
}

function fileSystemOf(seen: { type: number; bsize: number; blocks: number; bavail: number }): FileSystemSpace {
  return {
    type: names[seen.type] ?? `type 0x${seen.type.toString(16)}`,
    totalBytes: seen.blocks * seen.bsize,
    freeBytes: seen.bavail * seen.bsize,
  };
}
