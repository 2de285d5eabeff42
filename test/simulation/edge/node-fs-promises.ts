/** In place of `node:fs/promises`: files of the simulated disk of the host on which the running process is. */
import { constants } from 'node:fs';
import type { Disk, FileNode } from '../world/disk.ts';
import { type Process, runningProcess } from '../world/process.ts';
import { failure } from './node-fs.ts';

/** What an operation takes on a disk that is well. */
const usualMaxMs = 0.2;
const syncMaxMs = 1;

/** Each operation is a step of its process, and takes a while; at a step a process may die, before or after its effect. */
function operate<Value>(act: (disk: Disk, process: Process) => Value, maxMs = usualMaxMs): Promise<Value> {
  const process = runningProcess();
  const { host } = process;
  return new Promise((resolve, reject) => {
    if (!process.step()) return;
    const ms = host.random.next() * maxMs + host.disk.faults.slownessMs;
    host.timeline.at(host.timeline.nowMs() + ms, () => {
      if (!host.isUp) return;
      let settle: () => void;
      try {
        const value = act(host.disk, process);
        settle = () => resolve(value);
      } catch (error) {
        settle = () => reject(error);
      }
      process.run(settle);
    });
  });
}

class Handle {
  private static last = 10;
  readonly fd: number;

  constructor(
    private readonly node: FileNode | undefined,
    private readonly path: string,
  ) {
    this.fd = ++Handle.last;
    if (node) nodeOf.set(this.fd, node);
  }

  stat() {
    return operate(() => ({ size: this.bytes().length, uid: 0, nlink: 1, isFile: () => true }));
  }

  read(buffer: Buffer, offset: number, length: number, position: number) {
    return operate(() => ({ bytesRead: this.bytes().copy(buffer, offset, position, position + length) }));
  }

  /** As write(2): what does not fit is not written, and on a disk that fills up a part is. */
  write(bytes: Uint8Array, offset: number, length: number, position: number) {
    const copy = Uint8Array.from(bytes.subarray(offset, offset + length));
    return operate((disk) => {
      const node = this.writable(disk, 'write');
      const fits = disk.faults.isFull ? Math.max(0, node.bytes.length - position) : copy.length;
      if (fits === 0 && copy.length > 0) throw failure('ENOSPC', 'write', this.path);
      const part = copy.subarray(0, Math.min(fits, copy.length));
      node.write(part, position);
      return { bytesWritten: part.length };
    });
  }

  truncate(size: number) {
    return operate((disk) => {
      const node = this.writable(disk, 'ftruncate');
      if (size > node.bytes.length && disk.faults.isFull) throw failure('ENOSPC', 'ftruncate', this.path);
      node.resize(size);
    });
  }

  datasync() {
    return operate((disk) => this.writable(disk, 'fdatasync').sync(), syncMaxMs);
  }

  /** Of a directory. */
  sync() {
    return operate((disk) => {
      if (disk.faults.isBroken) throw failure('EIO', 'fsync', this.path);
      if (this.node) this.node.sync();
      else disk.syncDirectory(this.path);
    }, syncMaxMs);
  }

  close() {
    return operate((_disk, process) => {
      nodeOf.delete(this.fd);
      if (this.node?.lockedBy === process) this.node.lockedBy = undefined;
    });
  }

  private bytes(): Buffer {
    return this.node?.bytes ?? Buffer.alloc(0);
  }

  private writable(disk: Disk, call: string): FileNode {
    if (disk.faults.isBroken || !this.node) throw failure('EIO', call, this.path);
    return this.node;
  }
}

const nodeOf = new Map<number, FileNode>();

/** Between two worlds: what dead processes had open. */
export function forgetHandles(): void {
  nodeOf.clear();
}

/** flock(2), which goes with its process. @throws Error when another process has it. */
export function lock(fd: number, path: string): void {
  const process = runningProcess();
  const node = nodeOf.get(fd);
  if (!node) throw new Error(`${path} is not open`);
  if (node.lockedBy && node.lockedBy !== process && (node.lockedBy as Process).isAlive) {
    throw new Error(`${path} is in use by another process`);
  }
  node.lockedBy = process;
}

export function open(path: string, flags = constants.O_RDONLY): Promise<Handle> {
  return operate((disk) => {
    if (flags & constants.O_DIRECTORY) return new Handle(undefined, path);
    const node = disk.find(path);
    if (node && flags & constants.O_EXCL) throw failure('EEXIST', 'open', path);
    if (node) return new Handle(node, path);
    if (!(flags & constants.O_CREAT)) throw failure('ENOENT', 'open', path);
    if (disk.faults.isBroken) throw failure('EIO', 'open', path);
    if (disk.faults.isFull) throw failure('ENOSPC', 'open', path);
    return new Handle(disk.create(path), path);
  });
}

export function rename(from: string, to: string): Promise<void> {
  return operate((disk) => {
    if (disk.faults.isBroken) throw failure('EIO', 'rename', from);
    if (!disk.rename(from, to)) throw failure('ENOENT', 'rename', from);
  });
}

export function unlink(path: string): Promise<void> {
  return operate((disk) => {
    if (disk.faults.isBroken) throw failure('EIO', 'unlink', path);
    if (!disk.unlink(path)) throw failure('ENOENT', 'unlink', path);
  });
}

/** Directories are where files are. */
export function mkdir(): Promise<void> {
  return operate(() => undefined);
}

/** Asked of directories only: each is root's own. */
export function lstat(): Promise<object> {
  return operate(() => ({ uid: 0, gid: 0, mode: 0o40700, isDirectory: () => true }));
}

export function access(path: string): Promise<void> {
  return operate((disk) => {
    if (!disk.find(path)) throw failure('ENOENT', 'access', path);
  });
}

export async function readFile(path: string): Promise<Buffer> {
  return operate((disk) => {
    const node = disk.find(path);
    if (!node) throw failure('ENOENT', 'open', path);
    return Buffer.from(node.bytes);
  });
}
