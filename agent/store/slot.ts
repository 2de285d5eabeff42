/**
 * A slot: up to 4 KiB that survive a torn write. It is kept as two equal copies, written and synced one after the other,
 * so that at any instant at least one of them is whole: the old one or the new one.
 *
 *   copy = magic "LSH1" | crc32c of the rest | sequence (64 bit) | length (32 bit) | payload | zeros     little-endian
 */
import type { FixedFile } from '../../shared/durable-file.ts';
import { crc32c } from './crc32c.ts';

const copyBytes = 4096;
const headerBytes = 20;
const magic = 0x3148534c;
const neverWritten = Buffer.alloc(copyBytes);

export const slotBytes = 2 * copyBytes;
export const payloadBytesMax = copyBytes - headerBytes;

export interface SlotContent {
  /** Grows with each write to the slot; 0 for a slot that was never written. */
  readonly sequence: number;
  /** Empty for a slot that holds nothing. */
  readonly payload: Buffer;
}

/** A crash in the middle of a write leaves copies that differ; with both of them damaged the content is lost. */
export type SlotRead =
  | { readonly kind: 'whole'; readonly content: SlotContent; readonly areCopiesEqual: boolean }
  | { readonly kind: 'lost' };

export async function readSlot(file: FixedFile, slot: number): Promise<SlotRead> {
  const bytes = await file.read(slot * slotBytes, slotBytes);
  const copies = [decode(bytes.subarray(0, copyBytes)), decode(bytes.subarray(copyBytes))];
  const [first, second] = copies.filter((copy) => copy !== undefined);
  if (!first) return { kind: 'lost' };
  const newest = second && second.sequence > first.sequence ? second : first;
  return { kind: 'whole', content: newest, areCopiesEqual: second?.sequence === first.sequence };
}

/** Resolves when both copies are on the disk. @throws RangeError for a payload that does not fit. */
export async function writeSlot(file: Pick<FixedFile, 'overwrite'>, slot: number, content: SlotContent): Promise<void> {
  const copy = encode(content);
  await file.overwrite(slot * slotBytes, copy);
  await file.overwrite(slot * slotBytes + copyBytes, copy);
}

function encode({ sequence, payload }: SlotContent): Buffer {
  if (payload.length > payloadBytesMax) {
    throw new RangeError(`${payload.length} bytes do not fit into the ${payloadBytesMax} bytes of a slot`);
  }
  const copy = Buffer.alloc(copyBytes);
  copy.writeUInt32LE(magic, 0);
  copy.writeBigUInt64LE(BigInt(sequence), 8);
  copy.writeUInt32LE(payload.length, 16);
  payload.copy(copy, headerBytes);
  copy.writeUInt32LE(crc32c(copy.subarray(8)), 4);
  return copy;
}

/** @returns undefined for a copy that is torn or damaged. */
function decode(copy: Buffer): SlotContent | undefined {
  if (copy.length < copyBytes) return undefined;
  if (copy.equals(neverWritten)) return { sequence: 0, payload: Buffer.alloc(0) };
  if (copy.readUInt32LE(0) !== magic || copy.readUInt32LE(4) !== crc32c(copy.subarray(8))) return undefined;
  const length = copy.readUInt32LE(16);
  if (length > payloadBytesMax) return undefined;
  return {
    sequence: Number(copy.readBigUInt64LE(8)),
    payload: Buffer.from(copy.subarray(headerBytes, headerBytes + length)),
  };
}
