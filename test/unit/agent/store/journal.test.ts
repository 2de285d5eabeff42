import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { crc32c } from '../../../../agent/store/crc32c.ts';
import { JournalUnavailable, journalSlots, openJournal } from '../../../../agent/store/journal.ts';
import {
  type JournalRecord,
  recordFromBytes,
  recordTargetsMax,
  recordToBytes,
} from '../../../../agent/store/journal-record.ts';
import { payloadBytesMax, slotBytes } from '../../../../agent/store/slot.ts';
import { parsePid } from '../../../../proto/identity.ts';
import { fillDisk } from '../../../rig/full-disk.ts';
import { faultFacts } from '../core/world.ts';
import { canMount, makeDirectory, mountSmallDisk, type TestDirectory, turnReadOnly } from './directory.ts';

let directory: TestDirectory;
beforeEach(() => {
  directory = makeDirectory();
});
afterEach(() => directory.remove());

function recordOf(faultId: string, changes: Partial<JournalRecord> = {}): JournalRecord {
  const facts = faultFacts({ faultId, binding: 'journal' });
  return {
    facts,
    lease: { expiresAtBootMs: 10_000.5, hardDeadlineBootMs: 60_000 },
    undo: facts.targets.map((target) => ({ type: 'continue', target, wasStopped: false })),
    state: 'intended',
    ...changes,
  };
}

/** Opens, uses and closes: as an agent that lived once. */
async function live<Value>(use: (journal: Awaited<ReturnType<typeof openJournal>>) => Value | Promise<Value>) {
  const journal = await openJournal(directory.path);
  try {
    return await use(journal);
  } finally {
    await journal.close();
  }
}

function faultIds(): Promise<string[]> {
  return live((journal) => journal.records().map((record) => record.facts.faultId));
}

test('CRC-32C has the value of the standard', () => {
  expect(crc32c(Buffer.from('123456789'))).toBe(0xe3069283);
});

describe('a record', () => {
  test('comes back as it was put, from the next agent too', async () => {
    const holder = { bootId: 'boot', pid: parsePid(300), startTimeTicks: 9 };
    const record = recordOf('fault-1', { holder, state: 'touched' });
    await live((journal) => journal.put(record));
    expect(await live((journal) => journal.records())).toEqual([record]);
  });

  test('is replaced by a later one of the same fault, and removed for good', async () => {
    await live(async (journal) => {
      await journal.put(recordOf('fault-1'));
      await journal.put(recordOf('fault-2'));
      await journal.put(recordOf('fault-1', { state: 'touched' }));
      await journal.remove('fault-2');
      await journal.remove('fault-2');
    });
    expect(await live((journal) => journal.records())).toEqual([recordOf('fault-1', { state: 'touched' })]);
  });

  test('of the most targets that a policy can allow fits into its slot', () => {
    const targets = Array.from({ length: recordTargetsMax }, (_, index) => ({
      bootId: '0b1d2c3e-4f50-4a6b-8c7d-9e0f1a2b3c4d',
      pid: parsePid(4_000_000 + index),
      startTimeTicks: 1_000_000_000,
    }));
    const record = recordOf('0b1d2c3e-4f50-4a6b-8c7d-9e0f1a2b3c4d', {
      facts: faultFacts({
        targets,
        idempotencyKey: 'k'.repeat(36),
        requestDigest: 'd'.repeat(71),
        targetsDigest: 'd'.repeat(71),
      }),
      undo: [],
    });
    expect(recordToBytes(record).length).toBeLessThan(payloadBytesMax);
  });

  test('that does not fit is refused, and leaves no trace', async () => {
    const facts = faultFacts({ experiment: 'x'.repeat(5000) });
    await live(async (journal) => {
      await expect(journal.put(recordOf('', { facts, undo: [] }))).rejects.toThrow(JournalUnavailable);
      expect(journal.records()).toEqual([]);
    });
  });

  test('never carries a command: an undo of any other kind is not understood', () => {
    const document = JSON.parse(recordToBytes(recordOf('fault-1')).toString());
    const changed = (changes: object) => () =>
      recordFromBytes(Buffer.from(JSON.stringify({ ...document, ...changes })));
    expect(changed({})).not.toThrow();
    expect(changed({ undo: [['run', 0, 'rm -rf /']] })).toThrow(/continue/);
    expect(changed({ undo: [['continue', 7, false]] })).toThrow(/target/);
    expect(changed({ undo: [['change', ['/bin/rm', '-rf', '/']]] })).toThrow(/name/);
    expect(changed({ targets: [[0, 5]] })).toThrow(/whole number from 1/);
    expect(changed({ targets: [[-1, 5]] })).toThrow();
    expect(changed({ version: 2 })).toThrow(/another version/);
  });
});

test('a full journal refuses the next record, and takes one again after a removal', async () => {
  await live(async (journal) => {
    for (let slot = 0; slot < journalSlots; slot += 1) await journal.put(recordOf(`fault-${slot}`));
    await expect(journal.put(recordOf('one-too-many'))).rejects.toThrow(/all 64 records .* restore a fault first/);
    await journal.remove('fault-7');
    await journal.put(recordOf('fits-again'));
  });
  expect(await faultIds()).toHaveLength(journalSlots);
}, 30_000);

describe('after a write that a power cut tore', () => {
  test('every record that was acknowledged is still there, whatever the torn part says', async () => {
    await live(async (journal) => {
      await journal.put(recordOf('fault-1'));
      await journal.put(recordOf('fault-2'));
    });
    const path = join(directory.path, 'journal');
    const intact = readFileSync(path);
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 3 }),
        fc.integer({ min: 0, max: 4095 }),
        fc.uint8Array({ minLength: 1, maxLength: 600 }),
        async (copy, offset, torn) => {
          const bytes = Buffer.from(intact);
          // One write is under way at a time, and it touches one copy.
          bytes.set(torn.subarray(0, 4096 - offset), copy * 4096 + offset);
          writeFileSync(path, bytes);
          expect(await faultIds()).toEqual(['fault-1', 'fault-2']);
          // What was torn has been made whole again.
          expect(readFileSync(path).equals(intact)).toBe(true);
        },
      ),
      { numRuns: 30 },
    );
  }, 30_000);

  test('an update between its two copies counts as done', async () => {
    await live((journal) => journal.put(recordOf('fault-1')));
    const path = join(directory.path, 'journal');
    const before = readFileSync(path);
    await live((journal) => journal.put(recordOf('fault-1', { state: 'touched' })));
    const after = readFileSync(path);
    before.copy(after, 4096, 4096, 8192);
    writeFileSync(path, after);
    expect(await live((journal) => journal.records()[0]?.state)).toBe('touched');
  });

  test('a record that is lost in both copies is reported, and its slot left alone', async () => {
    await live((journal) => journal.put(recordOf('fault-1')));
    const path = join(directory.path, 'journal');
    const bytes = readFileSync(path);
    bytes.fill(0xff, 100, 200);
    bytes.fill(0xff, 4196, 4296);
    writeFileSync(path, bytes);
    await live(async (journal) => {
      expect(journal.records()).toEqual([]);
      expect(journal.problems).toMatchObject([{ slot: 0, kind: 'damaged' }]);
      await journal.put(recordOf('fault-2'));
    });
    expect(readFileSync(path).subarray(0, slotBytes).equals(bytes.subarray(0, slotBytes))).toBe(true);
    expect(await faultIds()).toEqual(['fault-2']);
  });
});

test('a record of another version is reported beside those that are understood', async () => {
  const { openFixedFile } = await import('../../../../shared/durable-file.ts');
  const { writeSlot } = await import('../../../../agent/store/slot.ts');
  await live((journal) => journal.put(recordOf('fault-1')));
  const file = await openFixedFile(join(directory.path, 'journal'), journalSlots * slotBytes);
  await writeSlot(file, 5, { sequence: 1, payload: Buffer.from('{"version":2,"undo":[["thaw","/sys/fs/cgroup/x"]]}') });
  await file.close();
  await live((journal) => {
    expect(journal.records()).toHaveLength(1);
    expect(journal.problems).toMatchObject([
      { slot: 5, kind: 'unknown', detail: expect.stringMatching(/another version/) },
    ]);
  });
});

test('a second agent on the same directory is told so, and the lock ends with the process that has it', async () => {
  await live(async () => {
    await expect(openJournal(directory.path)).rejects.toThrow(/in use by another agent/);
  });
  await faultIds();
  const locker = spawn('flock', ['--exclusive', join(directory.path, 'journal'), '-c', 'echo locked; exec cat'], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  await once(locker.stdout, 'data');
  await expect(openJournal(directory.path)).rejects.toThrow(/in use by another agent/);
  locker.stdin.end();
  await once(locker, 'exit');
  expect(await faultIds()).toEqual([]);
});

describe.skipIf(!canMount('the journal on a full disk'))('on a full disk', () => {
  test('records are still put, replaced and removed', async () => {
    const disk = mountSmallDisk(1024);
    try {
      const journal = await openJournal(disk.path);
      await journal.put(recordOf('fault-1'));
      fillDisk(disk.path);
      await journal.put(recordOf('fault-2'));
      await journal.put(recordOf('fault-2', { state: 'touched' }));
      await journal.remove('fault-1');
      expect(journal.records()).toEqual([recordOf('fault-2', { state: 'touched' })]);
      await journal.close();
    } finally {
      disk.remove();
    }
  });

  test('a journal that cannot be made says so', async () => {
    const disk = mountSmallDisk(64);
    try {
      await expect(openJournal(disk.path)).rejects.toThrow(/journal cannot be opened: ENOSPC/);
    } finally {
      disk.remove();
    }
  });
});

describe.skipIf(!canMount('the journal on a read-only disk'))('on a disk that has turned read-only', () => {
  test('records are read by who only undoes, one at a time, and by nobody else', async () => {
    const disk = mountSmallDisk(1024);
    try {
      const written = await openJournal(disk.path);
      await written.put(recordOf('fault-1'));
      await written.close();
      turnReadOnly(disk.path);
      await expect(openJournal(disk.path)).rejects.toThrow(/journal cannot be opened: EROFS/);
      const journal = await openJournal(disk.path, { mayBeReadOnly: true });
      expect(journal.records()).toEqual([recordOf('fault-1')]);
      await expect(openJournal(disk.path, { mayBeReadOnly: true })).rejects.toThrow(/in use by another agent/);
      await expect(journal.put(recordOf('fault-2'))).rejects.toThrow(JournalUnavailable);
      await expect(journal.remove('fault-1')).rejects.toThrow(JournalUnavailable);
      await journal.close();
    } finally {
      disk.remove();
    }
  });

  test('a journal that was never made there is said to be on such a disk', async () => {
    const disk = mountSmallDisk(64);
    try {
      turnReadOnly(disk.path);
      await expect(openJournal(disk.path, { mayBeReadOnly: true })).rejects.toThrow(/journal cannot be opened: EROFS/);
    } finally {
      disk.remove();
    }
  });
});
