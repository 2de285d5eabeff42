import {
  appendFileSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type AuditRecord, auditRecord, nextLine } from '../../../shared/audit-chain.ts';
import { type AuditFileOptions, AuditUnavailable, openAudit as openAuditAt } from '../../../shared/audit-file.ts';
import { verifyAudit as verify } from '../../../shared/audit-verify.ts';
import { fillDisk } from '../../rig/full-disk.ts';
import { canMount, makeDirectory, mountSmallDisk, type TestDirectory } from '../agent/store/directory.ts';

const openAudit = (at: string, more: Partial<AuditFileOptions> = {}) => openAuditAt(at, { unixMs: () => 1.4, ...more });
const verifyAudit = (at: string) => verify({ paths: [at] });
const record = (action: string, more: Partial<AuditRecord> = {}): AuditRecord =>
  auditRecord({ atUnixMs: 1, by: 'uid:0', action, ...more });

let directory: TestDirectory;
let path: string;
beforeEach(() => {
  directory = makeDirectory();
  path = join(directory.path, 'audit.jsonl');
});
afterEach(() => directory.remove());

async function append(...actions: readonly string[]): Promise<void> {
  const audit = await openAudit(path);
  for (const action of actions) await audit.append(record(action));
  await audit.close();
}

function lines(): string[] {
  return readFileSync(path, 'utf8').trimEnd().split('\n');
}

describe('the audit', () => {
  test('numbers its entries without a gap and goes on after a restart', async () => {
    await append('inject', 'restore');
    await append('halt');
    expect(
      lines()
        .map((line) => JSON.parse(line))
        .map(({ sequence, entry }) => [sequence, entry.action]),
    ).toEqual([
      [1, 'inject'],
      [2, 'restore'],
      [3, 'halt'],
    ]);
    expect(await verifyAudit(path)).toMatchObject({ isIntact: true, lines: 3, end: { sequence: 3 }, problems: [] });
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test('has an entry on the disk before it says so, in the order in which they were asked for', async () => {
    const audit = await openAudit(path);
    const ends = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        audit.append(record('numbered', { index })).then((end) => {
          expect(lines().length).toBeGreaterThanOrEqual(end.sequence);
          return end.sequence;
        }),
      ),
    );
    expect(ends).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
    expect(lines().map((line) => JSON.parse(line).entry.index)).toEqual(ends.map((sequence) => sequence - 1));
    await audit.close();
  });

  test('hands on its last entries when it is opened again', async () => {
    await append('inject', 'restore');
    const audit = await openAudit(path);
    expect(audit.recent.map(({ action }) => action)).toEqual(['inject', 'restore']);
    await audit.close();
  });

  test('keeps any entry exactly, line breaks and all', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.dictionary(fc.string(), fc.string(), { maxKeys: 4 }), { minLength: 1, maxLength: 5 }),
        async (entries) => {
          const own = makeDirectory();
          const ownPath = join(own.path, 'audit.jsonl');
          const audit = await openAudit(ownPath);
          for (const entry of entries) await audit.append(record('any', { entry: { ...entry } }));
          await audit.close();
          expect(await verifyAudit(ownPath)).toMatchObject({ isIntact: true, lines: entries.length });
          own.remove();
        },
      ),
      { numRuns: 30 },
    );
  });
});

describe('a verification finds', () => {
  beforeEach(() => append('inject', 'restore', 'halt', 'rearm'));

  test.each([
    ['an edited entry', (text: string[]) => text.with(1, text[1]!.replace('restore', 'resume')), 'line 2: its hash'],
    ['a removed line', (text: string[]) => text.toSpliced(1, 1), 'line 2: sequence 3 does not follow sequence 1'],
    [
      'two lines that changed places',
      (text: string[]) => [text[0]!, text[2]!, text[1]!, text[3]!],
      'line 2: sequence 3',
    ],
    ['a line twice', (text: string[]) => text.toSpliced(2, 0, text[1]!), 'line 3: sequence 2'],
    ['a cut beginning', (text: string[]) => text.slice(1), 'line 1: sequence 2'],
  ])('%s', async (_name, change, problem) => {
    writeFileSync(path, `${change(lines()).join('\n')}\n`);
    const { isIntact, problems } = await verifyAudit(path);
    expect(isIntact).toBe(false);
    expect(problems[0]).toContain(problem);
  });

  test('any single changed byte', async () => {
    const intact = readFileSync(path);
    await fc.assert(
      fc.asyncProperty(fc.nat(intact.length - 1), fc.integer({ min: 1, max: 255 }), async (offset, flip) => {
        const bytes = Buffer.from(intact);
        bytes[offset] = bytes[offset]! ^ flip;
        writeFileSync(path, bytes);
        expect((await verifyAudit(path)).isIntact).toBe(false);
      }),
      { numRuns: 200 },
    );
  });

  test('and shows where the chain ends, for a cut tail is only seen from outside', async () => {
    const { end } = await verifyAudit(path);
    writeFileSync(path, `${lines().slice(0, 3).join('\n')}\n`);
    const cut = await verifyAudit(path);
    expect(cut.isIntact).toBe(true);
    expect(cut.end).not.toEqual(end);
  });
});

describe('at its opening', () => {
  test('a torn last line is taken out and noted, and nothing acknowledged is lost', async () => {
    await append('inject', 'restore');
    const intact = readFileSync(path, 'utf8');
    await append('halt');
    const last = readFileSync(path, 'utf8').slice(intact.length);
    for (const length of [1, 40, last.length - 1]) {
      writeFileSync(path, intact + last.slice(0, length));
      await append('rearm');
      const entries = lines().map((line) => JSON.parse(line).entry);
      expect(entries.map((entry) => entry.action)).toEqual(['inject', 'restore', 'audit-repaired', 'rearm']);
      expect(Buffer.from(entries[2].torn, 'base64').toString()).toBe(last.slice(0, length));
      expect((await verifyAudit(path)).isIntact).toBe(true);
    }
  });

  test('a last line of which a power cut left only the end is taken out and noted', async () => {
    await append('inject', 'restore');
    const intact = readFileSync(path);
    await append('halt');
    const whole = readFileSync(path);
    for (const zeros of [1, 100, whole.length - intact.length - 1]) {
      const torn = Buffer.from(whole);
      torn.fill(0, intact.length, intact.length + zeros);
      writeFileSync(path, torn);
      await append('rearm');
      const entries = lines().map((line) => JSON.parse(line).entry);
      expect(entries.map((entry) => entry.action)).toEqual(['inject', 'restore', 'audit-repaired', 'rearm']);
      expect((await verifyAudit(path)).isIntact).toBe(true);
    }
  });

  test('a last line that was edited is not built upon', async () => {
    await append('inject');
    writeFileSync(path, readFileSync(path, 'utf8').replace('inject', 'nothing'));
    await expect(openAudit(path)).rejects.toThrow(AuditUnavailable);
    appendFileSync(path, 'garbage\n');
    await expect(openAudit(path)).rejects.toThrow(/damaged or was edited/);
  });
});

describe.skipIf(!canMount('the audit on a full disk'))('on a full disk', () => {
  test('an entry is refused by name, nothing half-written stays, and it goes on when there is room', async () => {
    const disk = mountSmallDisk(128);
    try {
      const audit = await openAudit(join(disk.path, 'audit.jsonl'));
      await audit.append(record('inject'));
      const filler = fillDisk(disk.path);
      const large = record('large', { detail: 'x'.repeat(8000) });
      await expect(audit.append(large)).rejects.toThrow(AuditUnavailable);
      await expect(audit.append(large)).rejects.toMatchObject({ reason: 'audit-unavailable', message: /ENOSPC/ });
      expect((await verifyAudit(join(disk.path, 'audit.jsonl'))).lines).toBe(1);
      filler.remove();
      expect((await audit.append(large)).sequence).toBe(2);
      expect(await verifyAudit(join(disk.path, 'audit.jsonl'))).toMatchObject({ isIntact: true, lines: 2 });
      await audit.close();
    } finally {
      disk.remove();
    }
  });
});

describe('a file that has grown large', () => {
  const aside = () => readdirSync(directory.path).filter((name) => name.startsWith('audit-'));

  test('is put aside, and the chain goes on in the next one', async () => {
    const audit = await openAudit(path, { rotateAtBytes: 700 });
    for (let count = 0; count < 12; count += 1) await audit.append(record('numbered', { index: count }));
    await audit.close();
    expect(aside().length).toBeGreaterThan(1);
    const found = await verifyAudit(directory.path);
    expect(found).toMatchObject({ isIntact: true, firstSequence: 1, problems: [] });
    expect(found.files.length).toBe(aside().length + 1);
    expect(found.lines).toBe(12 + aside().length);
    const again = await openAudit(path);
    expect(again.end()).toEqual(found.end);
    // What an agent must remember of its past, such as keys that were used, is not forgotten with the file.
    expect(again.recent.map(({ index }) => index)).toContain(11);
    await again.close();
  });

  test('is missed when it is taken away, and may be kept elsewhere only by the word of whoever asks', async () => {
    const audit = await openAudit(path, { rotateAtBytes: 700 });
    for (let count = 0; count < 12; count += 1) await audit.append(record('numbered'));
    await audit.close();
    const [first = ''] = aside();
    rmSync(join(directory.path, first));
    const second = aside()[0] ?? 'audit.jsonl';
    const { isIntact, problems } = await verifyAudit(directory.path);
    expect(isIntact).toBe(false);
    expect(problems[0]).toBe(`${second} line 1: goes on from ${first}, which was not given`);
    expect(await verify({ paths: [directory.path], isPartial: true })).toMatchObject({ isIntact: true });
  });

  test.each(['before the former one was put aside', 'after it was put aside'])(
    'loses nothing when the agent dies %s',
    async (when) => {
      await append('inject', 'restore');
      const next = nextLine({ sequence: 2, hash: JSON.parse(lines()[1] ?? '').hash }, record('audit-rotated'));
      writeFileSync(`${path}.next`, `${next.line}\n`, { mode: 0o600 });
      if (when.startsWith('after')) renameSync(path, join(directory.path, 'audit-000000000002.jsonl'));
      await append('halt');
      expect(await verifyAudit(directory.path)).toMatchObject({ isIntact: true, problems: [] });
      const all = await Promise.all(
        [...aside(), 'audit.jsonl'].map((name) => readFileSync(join(directory.path, name), 'utf8')),
      );
      for (const action of ['inject', 'restore', 'halt']) expect(all.join('')).toContain(`"action":"${action}"`);
      expect(existsSync(`${path}.next`)).toBe(false);
    },
  );
});
