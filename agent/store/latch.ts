/**
 * The halt latch on disk: in the state directory, where it outlives a reboot, and a copy in the run directory, which is
 * what remains to a host whose disk refuses writes. Both files are of a fixed size, so a full disk does not unlatch.
 *
 * Whatever is not known to be armed is halted. The run directory is shared with the members of a group, so its copy is
 * only believed when it says "halted".
 */
import { access } from 'node:fs/promises';
import { join } from 'node:path';
import { integerIn, text } from '../../proto/invalid-input.ts';
import { ensurePrivateDirectory, openFixedFile, replaceFile } from '../../shared/durable-file.ts';
import { armedLatch, type HaltLatch, lostLatch } from '../core/halt.ts';
import { payloadBytesMax, readSlot, type SlotContent, slotBytes, writeSlot } from './slot.ts';
import { createTurns } from './turns.ts';

export interface LatchStore {
  /** What was found, or made, when the store was opened. */
  readonly found: HaltLatch;
  /** Resolves when the latch is as durable as this host allows; never rejects. */
  write(latch: HaltLatch): Promise<LatchWritten>;
}

export interface LatchWritten {
  /** The state directory did not take it: a reboot would bring back what was written before. */
  readonly isVolatile: boolean;
  /** One for each directory that did not take it. */
  readonly failures: readonly string[];
}

export interface LatchDirectories {
  /** Survives a reboot. */
  readonly stateDirectory: string;
  /** Gone after a reboot. */
  readonly runDirectory: string;
}

const writeDeadlineMs = 2000;
const textLengthMax = 256;
const fileName = 'latch';
const markerName = 'joined';

/** @param nowUnixMs only for the epoch of a host whose epoch was lost. Does not throw: what cannot be read is halted. */
export async function openLatch(directories: LatchDirectories, nowUnixMs: number): Promise<LatchStore> {
  const { stateDirectory, runDirectory } = directories;
  const [state, run] = await Promise.all([readLatch(stateDirectory), readLatch(runDirectory)]);
  const hasJoined = await hasMarker(stateDirectory);
  const { latch, sequence: foundSequence } = choose(state, run, hasJoined, nowUnixMs);

  let sequence = foundSequence;
  const takeStateTurn = createTurns(writeDeadlineMs);
  const takeRunTurn = createTurns(writeDeadlineMs);

  async function write(written: HaltLatch): Promise<LatchWritten> {
    sequence += 1;
    const content: SlotContent = { sequence, payload: latchToBytes(written) };
    const [stateFailure, runFailure] = await Promise.all([
      failureOf(takeStateTurn(`writing the latch to ${stateDirectory}`, () => writeLatch(stateDirectory, content))),
      failureOf(takeRunTurn(`writing the latch to ${runDirectory}`, () => writeLatch(runDirectory, content))),
    ]);
    const failures = [stateFailure, runFailure].filter((failure) => failure !== undefined);
    return { isVolatile: stateFailure !== undefined, failures };
  }

  const { isVolatile } = await write(latch);
  // Last: a crash before this line finds a host that has not joined yet, and arms it again.
  if (!hasJoined && !isVolatile) {
    await failureOf(
      replaceFile(join(stateDirectory, markerName), 'This host has joined; a lost latch means halted.\n'),
    );
  }
  return { found: latch, write };
}

type Found =
  | { readonly kind: 'latch'; readonly latch: HaltLatch; readonly sequence: number }
  | { readonly kind: 'none' };

function choose(
  state: Found,
  run: Found,
  hasJoined: boolean,
  nowUnixMs: number,
): { readonly latch: HaltLatch; readonly sequence: number } {
  const isRunNewer =
    run.kind === 'latch' && run.latch.isHalted && (state.kind === 'none' || run.sequence > state.sequence);
  if (isRunNewer) return run;
  if (state.kind === 'latch') return state;
  const lastKnown = run.kind === 'latch' ? { epoch: run.latch.epoch, sequence: run.sequence } : undefined;
  if (!hasJoined && !lastKnown) return { latch: armedLatch, sequence: 0 };
  // The lost epoch cannot be known, so one is taken that no count of halts has reached: a late inject must not fit it.
  const epoch = Math.max(Math.floor(nowUnixMs / 1000), (lastKnown?.epoch ?? 1) + 1);
  return {
    latch: { ...lostLatch('the halt latch was lost from the state directory'), epoch },
    sequence: lastKnown?.sequence ?? 0,
  };
}

async function readLatch(directory: string): Promise<Found> {
  try {
    const file = await openFixedFile(join(directory, fileName), slotBytes);
    try {
      const read = await readSlot(file, 0);
      if (read.kind === 'lost' || read.content.payload.length === 0) return { kind: 'none' };
      return { kind: 'latch', latch: latchFromBytes(read.content.payload), sequence: read.content.sequence };
    } finally {
      await file.close();
    }
  } catch {
    return { kind: 'none' };
  }
}

async function writeLatch(directory: string, content: SlotContent): Promise<void> {
  await ensurePrivateDirectory(directory);
  const file = await openFixedFile(join(directory, fileName), slotBytes);
  try {
    await writeSlot(file, 0, content);
  } finally {
    await file.close();
  }
}

/** A marker that cannot be looked for counts as there. */
async function hasMarker(stateDirectory: string): Promise<boolean> {
  try {
    await access(join(stateDirectory, markerName));
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENOENT';
  }
}

function latchToBytes(latch: HaltLatch): Buffer {
  const { isHalted, epoch } = latch;
  const reason = latch.reason.slice(0, textLengthMax);
  const by = latch.by.slice(0, textLengthMax);
  let seenRequestIds = latch.seenRequestIds;
  for (;;) {
    const bytes = Buffer.from(JSON.stringify({ isHalted, epoch, reason, by, seenRequestIds }));
    if (bytes.length <= payloadBytesMax) return bytes;
    // A forgotten id can only halt once more.
    seenRequestIds = seenRequestIds.slice(1);
  }
}

function latchFromBytes(bytes: Buffer): HaltLatch {
  const json = JSON.parse(bytes.toString('utf8')) as Record<string, unknown>;
  const word = (key: string) => text(json[key], `latch.${key}`, { lengthMin: 0, lengthMax: textLengthMax });
  return {
    isHalted: json.isHalted !== false,
    epoch: integerIn(json.epoch, 'latch.epoch', 1, Number.MAX_SAFE_INTEGER),
    reason: word('reason'),
    by: word('by'),
    seenRequestIds: Array.isArray(json.seenRequestIds) ? json.seenRequestIds.map(String) : [],
  };
}

async function failureOf(effect: Promise<unknown>): Promise<string | undefined> {
  try {
    await effect;
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
