/**
 * Reads and writes its part of a file at a rate, in blocks. A write is on the device when it returns, since the file was
 * opened for that; a read comes from the device, since what is cached of the block is dropped before it.
 */
import { randomFillSync } from 'node:crypto';
import { readSync, writeSync } from 'node:fs';
import { dropFromCache } from '../host/native/file-space.ts';

export interface MoveOrder {
  readonly work: 'move-data';
  readonly descriptor: number;
  /** The part of the file that is this thread's alone; a multiple of the block. */
  readonly offset: number;
  readonly bytes: number;
  readonly bytesPerSecond: number;
  readonly readPercent: number;
  /** The first cell is set to 1 to end it, and whoever waits for it is woken. */
  readonly stop: Int32Array;
}

export const blockBytes = 64 * 1024;
/** What was missed because the device was slow is made up for, but not without end. */
const debtMaxMs = 1000;
/** Before there is anything to read: so that reads go round some blocks, and not about one. */
const writtenFirst = 16;

/** The whole life of a thread. @throws Error ENOSPC, EIO. */
export function moveData({ descriptor, offset, bytes, bytesPerSecond, readPercent, stop }: MoveOrder): void {
  const block = Buffer.alloc(blockBytes);
  // No device can make less of it than it is.
  randomFillSync(block);
  const blocks = Math.max(1, Math.floor(bytes / blockBytes));
  const intervalMs = (blockBytes * 1000) / bytesPerSecond;
  let written = 0;
  let reads = 0;
  let readsOwed = 0;
  let dueMs = performance.now();

  while (Atomics.load(stop, 0) === 0) {
    readsOwed += readPercent / 100;
    if (readsOwed >= 1 && written >= Math.min(writtenFirst, blocks)) {
      readsOwed -= 1;
      const at = offset + (reads++ % Math.min(written, blocks)) * blockBytes;
      dropFromCache(descriptor, at, blockBytes);
      readSync(descriptor, block, 0, blockBytes, at);
    } else {
      writeSync(descriptor, block, 0, blockBytes, offset + (written++ % blocks) * blockBytes);
    }
    const nowMs = performance.now();
    dueMs = Math.max(dueMs + intervalMs, nowMs - debtMaxMs);
    if (dueMs > nowMs) Atomics.wait(stop, 0, 0, dueMs - nowMs);
  }
}
