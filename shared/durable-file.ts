/**
 * Files that are still right after a power cut: replaced whole, overwritten in place, or appended to. Whatever resolves
 * here is on the disk (fdatasync(2)). Paths are absolute, the last component is never followed when it is a symbolic
 * link, files are 0600 and directories 0700.
 */
import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, lstat, mkdir, open, rename, unlink } from 'node:fs/promises';
import { dirname, isAbsolute } from 'node:path';

/** A file of a fixed size whose blocks were all written once, so that overwriting it needs no space on the disk. */
export interface FixedFile {
  /** The file descriptor, for flock(2). */
  readonly fd: number;
  /** Whether this open made it, or made it longer: bytes that were not there before are zero. */
  readonly isNew: boolean;
  read(position: number, lengthBytes: number): Promise<Buffer>;
  /** Resolves when the bytes are on the disk. @throws RangeError for bytes outside the file. */
  overwrite(position: number, bytes: Uint8Array): Promise<void>;
  close(): Promise<void>;
}

export interface AppendFile {
  sizeBytes(): number;
  read(position: number, lengthBytes: number): Promise<Buffer>;
  /** Resolves when the bytes are on the disk. When it rejects, the file was cut back to what it was, so far as the disk allows. */
  append(bytes: Uint8Array): Promise<void>;
  truncate(sizeBytes: number): Promise<void>;
  /** Resolves when what was read is on the disk too: a process that was killed may have left it in memory alone. */
  sync(): Promise<void>;
  close(): Promise<void>;
}

const fileMode = 0o600;
const directoryMode = 0o700;

/** Readers see the old content or the new, never a part (rename(2)). */
export async function replaceFile(path: string, content: string | Uint8Array): Promise<void> {
  requireAbsolute(path);
  const temporaryPath = `${path}.${randomUUID()}.new`;
  const handle = await open(temporaryPath, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, fileMode);
  try {
    try {
      await writeFully(handle, Buffer.from(content), 0);
      await handle.datasync();
    } finally {
      await handle.close();
    }
    await rename(temporaryPath, path);
  } catch (error) {
    await unlink(temporaryPath).catch(() => {});
    throw error;
  }
  await syncDirectory(dirname(path));
}

export interface FixedFileOptions {
  /** Whether one on a file system that takes no writes is opened to be read, and rejects every overwrite. */
  readonly mayBeReadOnly?: boolean;
}

/**
 * Opens a file of this size, or makes one by writing zeros: a file that was only truncated to its size has no blocks
 * yet, and its first overwrite fails on a full disk.
 */
export async function openFixedFile(
  path: string,
  sizeBytes: number,
  { mayBeReadOnly = false }: FixedFileOptions = {},
): Promise<FixedFile> {
  const handle = await openOwn(path, constants.O_RDWR | constants.O_CREAT).catch(async (error: unknown) => {
    if (!mayBeReadOnly || (error as NodeJS.ErrnoException).code !== 'EROFS') throw error;
    // What it says of a file that is not there either is less than what was said first.
    return openOwn(path, constants.O_RDONLY).catch(() => Promise.reject(error));
  });
  try {
    const { size } = await handle.stat();
    if (size < sizeBytes) {
      await writeFully(handle, Buffer.alloc(sizeBytes - size), size);
      await handle.datasync();
      await syncDirectory(dirname(path));
    }
    return {
      fd: handle.fd,
      isNew: size < sizeBytes,
      read: (position, lengthBytes) => readFully(handle, position, lengthBytes),
      async overwrite(position, bytes) {
        if (position < 0 || position + bytes.length > sizeBytes) {
          throw new RangeError(`${bytes.length} bytes at ${position} are outside the ${sizeBytes} bytes of ${path}`);
        }
        await writeFully(handle, bytes, position);
        await handle.datasync();
      },
      close: () => handle.close(),
    };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

export async function openAppendFile(path: string): Promise<AppendFile> {
  const handle = await openOwn(path, constants.O_RDWR | constants.O_CREAT);
  let sizeBytes: number;
  try {
    sizeBytes = (await handle.stat()).size;
    if (sizeBytes === 0) await syncDirectory(dirname(path));
  } catch (error) {
    await handle.close();
    throw error;
  }
  return {
    sizeBytes: () => sizeBytes,
    read: (position, lengthBytes) => readFully(handle, position, lengthBytes),
    async append(bytes) {
      try {
        await writeFully(handle, bytes, sizeBytes);
        await handle.datasync();
      } catch (error) {
        // Shrinking needs no space, so half a record does not stay in front of the next one.
        await handle.truncate(sizeBytes).catch(() => {});
        throw error;
      }
      sizeBytes += bytes.length;
    },
    async truncate(newSizeBytes) {
      await handle.truncate(newSizeBytes);
      await handle.datasync();
      sizeBytes = newSizeBytes;
    },
    sync: () => handle.datasync(),
    close: () => handle.close(),
  };
}

/** Makes the directory and its parents where they are missing, for this user alone. */
export async function ensurePrivateDirectory(path: string): Promise<void> {
  requireAbsolute(path);
  await mkdir(path, { recursive: true, mode: directoryMode });
}

/** A name that was created or renamed is only durable once its directory is (fsync(2)). */
export async function syncDirectory(path: string): Promise<void> {
  requireAbsolute(path);
  const handle = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Opens a regular file that only we, root, or whoever has the directory to himself could have put there. A directory may
 * be shared (members of a group may create files in /run/leash), so a planted hard link, FIFO or foreign file must not
 * be written to. What root makes in the directory of a service stays that service's to open.
 */
async function openOwn(path: string, flags: number): Promise<FileHandle> {
  requireAbsolute(path);
  const handle = await open(path, flags | constants.O_NOFOLLOW | constants.O_NONBLOCK, fileMode);
  try {
    const stat = await handle.stat();
    const directory = await lstat(dirname(path));
    const isPrivate = directory.isDirectory() && (directory.mode & 0o022) === 0;
    const uid = process.geteuid?.();
    const isOurs = stat.uid === 0 || stat.uid === uid || (uid === 0 && isPrivate && stat.uid === directory.uid);
    if (!stat.isFile() || stat.nlink > 1 || !isOurs) {
      throw new Error(`${path} must be a regular file with one name, owned by root or by this user`);
    }
    const isNewOfRoot = stat.size === 0 && uid === 0 && stat.uid === 0 && directory.uid !== 0 && isPrivate;
    if (isNewOfRoot) await handle.chown(directory.uid, directory.gid);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function writeFully(handle: FileHandle, bytes: Uint8Array, position: number): Promise<void> {
  let written = 0;
  // A disk that fills up writes a part first and says ENOSPC only at the next call.
  while (written < bytes.length) {
    const { bytesWritten } = await handle.write(bytes, written, bytes.length - written, position + written);
    written += bytesWritten;
  }
}

/** @returns fewer bytes where the file ends earlier. */
async function readFully(handle: FileHandle, position: number, lengthBytes: number): Promise<Buffer> {
  const buffer = Buffer.alloc(lengthBytes);
  let read = 0;
  while (read < lengthBytes) {
    const { bytesRead } = await handle.read(buffer, read, lengthBytes - read, position + read);
    if (bytesRead === 0) break;
    read += bytesRead;
  }
  return buffer.subarray(0, read);
}

function requireAbsolute(path: string): void {
  if (!isAbsolute(path)) throw new Error(`the path ${path} must be absolute`);
}
