/**
 * The file system of a simulated host. What a process wrote is seen by all at once, and is on the disk once it was
 * synced; a power cut takes the rest, or leaves it, or leaves a part of it, sector by sector.
 */

const sectorBytes = 512;

export interface DiskFaults {
  /** Nothing can be made larger: ENOSPC. */
  isFull: boolean;
  /** Nothing can be written or synced: EIO. */
  isBroken: boolean;
  /** What each operation takes. */
  slownessMs: number;
}

export class FileNode {
  /** As processes see it. */
  bytes = Buffer.alloc(0);
  /** As it is on the disk. */
  durable = Buffer.alloc(0);
  /** From where to where the two differ; none when the first is not below the second. */
  dirtyFrom = Number.POSITIVE_INFINITY;
  dirtyTo = 0;
  lockedBy: object | undefined;

  write(bytes: Uint8Array, position: number): void {
    const end = position + bytes.length;
    if (end > this.bytes.length) this.resize(end);
    this.bytes.set(bytes, position);
    this.dirtyFrom = Math.min(this.dirtyFrom, position);
    this.dirtyTo = Math.max(this.dirtyTo, end);
  }

  resize(size: number): void {
    const before = this.bytes;
    this.bytes = Buffer.alloc(size);
    before.copy(this.bytes, 0, 0, size);
    this.dirtyFrom = Math.min(this.dirtyFrom, before.length, size);
    this.dirtyTo = Math.max(this.dirtyTo, size);
  }

  sync(): void {
    if (this.durable.length !== this.bytes.length) this.durable = resized(this.durable, this.bytes.length);
    if (this.dirtyFrom < this.dirtyTo) this.bytes.copy(this.durable, this.dirtyFrom, this.dirtyFrom, this.dirtyTo);
    this.dirtyFrom = Number.POSITIVE_INFINITY;
    this.dirtyTo = 0;
  }

  /** @param random tells, sector by sector, what of it had reached the disk. */
  losePower(random: () => number): void {
    if (this.bytes.length !== this.durable.length && random() < 0.5) {
      this.durable = resized(this.durable, this.bytes.length);
    }
    const to = Math.min(this.dirtyTo, this.durable.length);
    for (let at = this.dirtyFrom - (this.dirtyFrom % sectorBytes); at < to; at += sectorBytes) {
      if (random() < 0.5) this.bytes.copy(this.durable, at, at, Math.min(at + sectorBytes, to));
    }
    this.bytes = Buffer.from(this.durable);
    this.dirtyFrom = Number.POSITIVE_INFINITY;
    this.dirtyTo = 0;
    this.lockedBy = undefined;
  }
}

function resized(bytes: Buffer, size: number): Buffer<ArrayBuffer> {
  const next = Buffer.alloc(size);
  bytes.copy(next, 0, 0, size);
  return next;
}

/** Names are kept by their whole path; a new or changed one is on the disk once its directory was synced. */
export class Disk {
  readonly faults: DiskFaults = { isFull: false, isBroken: false, slownessMs: 0 };
  private names = new Map<string, FileNode>();
  private durableNames = new Map<string, FileNode>();

  find(path: string): FileNode | undefined {
    return this.names.get(path);
  }

  create(path: string): FileNode {
    const node = new FileNode();
    this.names.set(path, node);
    return node;
  }

  unlink(path: string): boolean {
    return this.names.delete(path);
  }

  rename(from: string, to: string): boolean {
    const node = this.names.get(from);
    if (!node) return false;
    this.names.delete(from);
    this.names.set(to, node);
    return true;
  }

  syncDirectory(path: string): void {
    const isIn = (name: string): boolean => name.startsWith(`${path}/`);
    for (const name of this.durableNames.keys())
      if (isIn(name) && !this.names.has(name)) this.durableNames.delete(name);
    for (const [name, node] of this.names) if (isIn(name)) this.durableNames.set(name, node);
  }

  /** @param volatile directories that are empty after a boot. */
  losePower(random: () => number, volatile: string): void {
    for (const [name, node] of this.names) {
      if (!this.durableNames.has(name) && random() < 0.5) this.durableNames.set(name, node);
    }
    for (const node of new Set(this.durableNames.values())) node.losePower(random);
    this.names = new Map([...this.durableNames].filter(([name]) => !name.startsWith(`${volatile}/`)));
    this.durableNames = new Map(this.names);
  }

  /** Locks go with their owner. */
  unlock(owner: object): void {
    for (const node of this.names.values()) if (node.lockedBy === owner) node.lockedBy = undefined;
  }

  /** What a power cut at this instant would leave for certain. */
  durable(path: string): Buffer {
    return this.durableNames.get(path)?.durable ?? Buffer.alloc(0);
  }

  /** Somebody else writes a file, durably. */
  plant(path: string, bytes: Uint8Array): void {
    const node = this.names.get(path) ?? this.create(path);
    node.resize(0);
    node.write(bytes, 0);
    node.sync();
    this.durableNames.set(path, node);
  }
}
