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
import type { LatchDurability } from '../../proto/latch-durability.ts';
import { ensurePrivateDirectory, openFixedFile, replaceFile } from '../../shared/durable-file.ts';
import { armedLatch, type HaltLatch, lostLatch } from '../core/halt.ts';
import { createKeptCopy, type KeptCopy } from './kept-copy.ts';
import { payloadBytesMax, readSlot, type SlotContent, slotBytes, writeSlot } from './slot.ts';

export interface LatchStore {
  /** What was found, or made, when the store was opened. */
  readonly found: HaltLatch;
  /**
   * Resolves when each directory has taken the latch, or failed at it, or 2 s are over; never rejects. A directory that did
   * not take it is tried again until it does, or a newer latch is written.
   */
  write(latch: HaltLatch): Promise<LatchWritten>;
  /** What has this latch by now. */
  durability(latch: HaltLatch): LatchDurability;
  /** Calls back whenever the latch that was written last has become durable. */
  watch(listener: (latch: HaltLatch) => void): void;
  /** Tries no more. */
  close(): void;
}

export interface LatchWritten {
  readonly durability: LatchDurability;
  /** One for each directory that did not take it in time. */
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
  const listeners: ((latch: HaltLatch) => void)[] = [];
  const inState = copyIn(stateDirectory, (written) => {
    for (const listener of listeners) listener(written.latch);
  });
  const inRun = copyIn(runDirectory);

  function durability(of: HaltLatch): LatchDurability {
    if (inState.content()?.latch === of) return 'durable';
    return inRun.content()?.latch === of ? 'volatile' : 'memory-only';
  }

  async function write(written: HaltLatch): Promise<LatchWritten> {
    sequence += 1;
    const content: Numbered = { sequence, latch: written };
    const failures = await Promise.all([failureOf(inState.put(content)), failureOf(inRun.put(content))]);
    return { durability: durability(written), failures: failures.filter((failure) => failure !== undefined) };
  }

  const { durability: atFirst } = await write(latch);
  // Last: a crash before this line finds a host that has not joined yet, and arms it again.
  if (!hasJoined && atFirst === 'durable') {
    await failureOf(
      replaceFile(join(stateDirectory, markerName), 'This host has joined; a lost latch means halted.\n'),
    );
  }
  return {
    found: latch,
    write,
    durability,
    watch: (listener) => void listeners.push(listener),
    close() {
      inState.close();
      inRun.close();
    },
  };
}

interface Numbered {
  /** Of two copies, the one with the greater number is the newer. */
  readonly sequence: number;
  readonly latch: HaltLatch;
}

type Found = ({ readonly kind: 'latch' } & Numbered) | { readonly kind: 'none' };

function copyIn(directory: string, onThere?: (written: Numbered) => void): KeptCopy<Numbered> {
  return createKeptCopy({
    task: `writing the latch to ${directory}`,
    deadlineMs: writeDeadlineMs,
    write: ({ sequence, latch }) => writeLatch(directory, { sequence, payload: latchToBytes(latch) }),
    ...(onThere ? { onThere } : {}),
  });
}

function choose(state: Found, run: Found, hasJoined: boolean, nowUnixMs: number): Numbered {
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
