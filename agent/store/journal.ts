/**
 * The journal: what must be known about a fault to undo it when nobody who knew is left. A record is on the disk before
 * the first touch. All space is taken when the file is made, so that a full disk refuses no record and no removal.
 */
import { join } from 'node:path';
import { lockDescriptor } from '../../shared/directory-lock.ts';
import { type FixedFile, type FixedFileOptions, openFixedFile } from '../../shared/durable-file.ts';
import { createTurns } from '../../shared/turns.ts';
import { type JournalRecord, recordFromBytes, recordToBytes } from './journal-record.ts';
import { payloadBytesMax, readSlot, slotBytes, writeSlot } from './slot.ts';

export const journalSlots = 64;

/** A record that cannot be read. Its slot is left alone, and new faults are to be refused while there is one. */
export interface JournalProblem {
  readonly slot: number;
  readonly kind: 'damaged' | 'unknown';
  readonly detail: string;
}

export interface Journal {
  /** In the order in which they were first put. */
  records(): readonly JournalRecord[];
  readonly problems: readonly JournalProblem[];
  /** Writes or replaces the record of this fault; resolves when it is on the disk. @throws JournalUnavailable; then remove it. */
  put(record: JournalRecord): Promise<void>;
  /** Idempotent, and needs no space. @throws JournalUnavailable when the disk fails; a later replay then finds nothing to do. */
  remove(faultId: string): Promise<void>;
  close(): Promise<void>;
}

/** No new fault may start that needs this record. Restoring goes on without. */
export class JournalUnavailable extends Error {
  readonly reason = 'journal-unavailable';

  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'JournalUnavailable';
  }
}

const writeDeadlineMs = 2000;

/**
 * @param directory absolute.
 * @param options `mayBeReadOnly` for who only undoes: a file system that has turned read-only still says what.
 * @throws JournalUnavailable when another process has the journal or it cannot be opened.
 */
export async function openJournal(directory: string, options: FixedFileOptions = {}): Promise<Journal> {
  const path = join(directory, 'journal');
  const file = await orUnavailable(`${path} cannot be opened`, () =>
    openFixedFile(path, journalSlots * slotBytes, options),
  );
  try {
    return await orUnavailable(`${path} cannot be used`, async () => {
      lockDescriptor(file.fd, path, 'another agent, or by `leash-agent restore`');
      return createJournal(file, path, await readSlots(file, path));
    });
  } catch (error) {
    await file.close();
    throw error;
  }
}

interface Entry {
  readonly slot: number;
  readonly record: JournalRecord;
}

interface Slots {
  readonly entries: Map<string, Entry>;
  readonly sequences: number[];
  readonly problems: JournalProblem[];
}

function createJournal(file: FixedFile, path: string, { entries, sequences, problems }: Slots): Journal {
  const takeTurn = createTurns(writeDeadlineMs);
  const unreadable = new Set(problems.map((problem) => problem.slot));

  async function write(slot: number, payload: Buffer): Promise<void> {
    // Counted before the write: after a failure nobody knows which copy has which number, and the next must be above both.
    const sequence = (sequences[slot] ?? 0) + 1;
    sequences[slot] = sequence;
    await writeSlot(file, slot, { sequence, payload });
  }

  function freeSlot(): number {
    const taken = new Set([...entries.values()].map((entry) => entry.slot));
    for (let slot = 0; slot < journalSlots; slot += 1) {
      if (!taken.has(slot) && !unreadable.has(slot)) return slot;
    }
    throw new JournalUnavailable(`all ${journalSlots} records of ${path} are in use: restore a fault first`);
  }

  return {
    problems,
    records: () => [...entries.values()].map((entry) => entry.record),
    put: (record) =>
      orUnavailable(`${path} cannot be written`, () =>
        takeTurn('the journal write', async () => {
          const payload = recordToBytes(record);
          if (payload.length > payloadBytesMax) {
            const targets = record.facts.targets.length;
            throw new JournalUnavailable(
              `the record takes ${payload.length} bytes, at most ${payloadBytesMax} fit: ask for fewer than ${targets} targets`,
            );
          }
          // What could not be read back is not written: it would be no record when it is needed.
          recordFromBytes(payload);
          const { faultId } = record.facts;
          const slot = entries.get(faultId)?.slot ?? freeSlot();
          // Entered first: if the write fails half-way, the slot may hold the record, and `remove` must find it.
          entries.set(faultId, { slot, record });
          await write(slot, payload);
        }),
      ),
    remove: (faultId) =>
      orUnavailable(`${path} cannot be written`, () =>
        takeTurn('the journal write', async () => {
          const entry = entries.get(faultId);
          if (!entry) return;
          await write(entry.slot, Buffer.alloc(0));
          entries.delete(faultId);
        }),
      ),
    close: () => takeTurn('closing the journal', () => file.close()),
  };
}

/** Reads all slots, makes unequal copies equal again, and reports what cannot be read instead of throwing. */
async function readSlots(file: FixedFile, path: string): Promise<Slots> {
  const slots: Slots = { entries: new Map(), sequences: [], problems: [] };
  for (let slot = 0; slot < journalSlots; slot += 1) {
    const read = await readSlot(file, slot);
    if (read.kind === 'lost') {
      const detail = `both copies of record ${slot} of ${path} are damaged: make sure that no fault is left, then remove the file`;
      slots.problems.push({ slot, kind: 'damaged', detail });
      continue;
    }
    slots.sequences[slot] = read.content.sequence;
    // A disk that takes no writes is no reason not to read, and so not to restore.
    if (!read.areCopiesEqual) await writeSlot(file, slot, read.content).catch(() => {});
    if (read.content.payload.length === 0) continue;
    try {
      const record = recordFromBytes(read.content.payload);
      slots.entries.set(record.facts.faultId, { slot, record });
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error);
      slots.problems.push({ slot, kind: 'unknown', detail: `record ${slot} of ${path} is not understood: ${why}` });
    }
  }
  return slots;
}

async function orUnavailable<Value>(what: string, run: () => Promise<Value>): Promise<Value> {
  try {
    return await run();
  } catch (error) {
    if (error instanceof JournalUnavailable) throw error;
    throw new JournalUnavailable(`${what}: ${error instanceof Error ? error.message : String(error)}`, {
      cause: error,
    });
  }
}
