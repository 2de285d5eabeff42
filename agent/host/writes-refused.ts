/** Whether a directory still takes writes, asked before somebody needs it to. */
import { constants } from 'node:fs';
import { access, statfs } from 'node:fs/promises';

/** @returns why it takes none, in words; undefined where it takes them. May take as long as the file system likes. */
export async function whyWritesAreRefused(directory: string): Promise<string | undefined> {
  try {
    // Says EROFS of a file system, or of a mount, that is read-only (access(2)).
    await access(directory, constants.W_OK);
    const { bavail } = await statfs(directory);
    return bavail === 0 ? `the disk of ${directory} is full` : undefined;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'EROFS') return `the file system of ${directory} is read-only`;
    return `${directory} takes no writes: ${code ?? message}`;
  }
}
