/** Everything that can be done to an audit behind its back, and that its verification says so. */
import { generateKeyPairSync } from 'node:crypto';
import { appendFileSync, copyFileSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { auditRecord, emptyChain, nextLine } from '../../../shared/audit-chain.ts';
import type { CheckpointCause } from '../../../shared/audit-checkpoint.ts';
import { type Audit, openAudit } from '../../../shared/audit-file.ts';
import { type AuditKey, auditKeyOf } from '../../../shared/audit-key.ts';
import { verifyAudit } from '../../../shared/audit-verify.ts';
import { createNotary, type Notary } from '../../../shared/notary.ts';
import { makeDirectory, type TestDirectory } from '../agent/store/directory.ts';

interface Side {
  readonly path: string;
  readonly audit: Audit;
  readonly notary: Notary;
  readonly key: AuditKey;
  /** Runs what waits for a moment. */
  tick(): void;
}

let directory: TestDirectory;
let agent: Side;
let coordinator: Side;
let nowMs = 1_700_000_000_000;

const newKey = (): AuditKey => auditKeyOf(generateKeyPairSync('ed25519').privateKey);
const keys = { agent: newKey(), coordinator: newKey(), stranger: newKey() };
const warned: string[] = [];

async function openSide(log: string, key: AuditKey): Promise<Side> {
  const folder = join(directory.path, log.split('/')[0] ?? '');
  mkdirSync(folder, { recursive: true });
  const path = join(folder, 'audit.jsonl');
  const waiting: (() => void)[] = [];
  const audit = await openAudit(path, { unixMs: () => nowMs });
  const began = { atUnixMs: nowMs, by: 'audit', action: 'audit-began', subject: log, key: key.publicKey };
  if (audit.end().sequence === 0) await audit.append(auditRecord(began));
  const notary = createNotary({
    audit,
    key,
    log,
    unixMs: () => nowMs,
    // The gathering of a moment; the minute never comes by itself.
    after(ms, call) {
      if (ms < 60_000) waiting.push(call);
      return () => undefined;
    },
    warn: (message) => warned.push(message),
  });
  const tick = (): void => {
    for (const call of waiting.splice(0)) call();
  };
  return { path, audit, notary, key, tick };
}

/** A session: what one sends, the other hears. @returns when nothing is under way any more. */
function connect(one: Side, other: Side, name: string): { settle(): Promise<void> } {
  const underWay: Promise<void>[] = [];
  one.notary.join({
    name,
    send: (checkpoint) =>
      void underWay.push(other.notary.witness('agent/web-1', checkpoint).then((given) => one.notary.keep(name, given))),
  });
  return { settle: async () => void (await Promise.all(underWay)) };
}

async function act(side: Side, ...actions: readonly string[]): Promise<void> {
  for (const action of actions) {
    nowMs += 1000;
    await side.audit.append(auditRecord({ atUnixMs: nowMs, by: 'uid:0', action, detail: 'ünïcode — and more' }));
  }
}

let session: { settle(): Promise<void> };
async function checkpoint(cause: CheckpointCause): Promise<void> {
  agent.notary.ask(cause);
  agent.tick();
  await session.settle();
}

/** The agent's audit: three records, a checkpoint, two records, a checkpoint, one record. */
beforeEach(async () => {
  directory = makeDirectory();
  agent = await openSide('agent/web-1', keys.agent);
  coordinator = await openSide('coordinator/3f2a', keys.coordinator);
  session = connect(agent, coordinator, 'coordinator/3f2a');
  await act(agent, 'inject', 'inject-seen');
  await checkpoint('run-start');
  await act(agent, 'restore', 'receipt');
  await checkpoint('run-end');
  await act(agent, 'halt');
  await Promise.all([agent.audit.close(), coordinator.audit.close()]);
});
afterEach(() => directory.remove());

const trusted = [keys.agent.publicKey, keys.coordinator.publicKey];
const verify = (more: Partial<Parameters<typeof verifyAudit>[0]> = {}) =>
  verifyAudit({ paths: [agent.path], keys: trusted, against: [coordinator.path], ...more });
const lines = (): string[] => readFileSync(agent.path, 'utf8').trimEnd().split('\n');
const writeLines = (text: readonly string[]): void =>
  writeFileSync(agent.path, text.map((line) => `${line}\n`).join(''));

/** The sequence of the record that the last checkpoint covers. */
const coveredSequence = 6;

describe('an audit that nobody touched', () => {
  test('is intact, and says up to where it is vouched for and which window is not', async () => {
    expect(lines().map((line) => JSON.parse(line).entry.action)).toEqual([
      'audit-began',
      'inject',
      'inject-seen',
      'checkpoint',
      'restore',
      'receipt',
      'checkpoint',
      'halt',
    ]);
    expect(await verify()).toMatchObject({
      isIntact: true,
      log: 'agent/web-1',
      lines: 8,
      problems: [],
      remarks: [],
      lastVouched: { sequence: coveredSequence, witness: 'coordinator/3f2a' },
      window: { fromSequence: 7, toSequence: 8, toUnixMs: nowMs },
    });
    expect(await verify({ paths: [coordinator.path], against: [agent.path] })).toMatchObject({
      // The agent was never asked: of the coordinator's audit, nothing is vouched for.
      problems: ['no checkpoint of it is countersigned by a key that was given'],
    });
  });

  test('is vouched for by the other side alone too, where its own checkpoints are all that is missing', async () => {
    const found = await verify({ against: [] });
    expect(found).toMatchObject({ isIntact: true, lastVouched: { sequence: coveredSequence } });
  });

  test('vouches for nothing without public keys, and says so', async () => {
    const found = await verify({ keys: [] });
    expect(found).toMatchObject({ isIntact: true, lastVouched: undefined, window: { fromSequence: 1, toSequence: 8 } });
    expect(found.remarks[0]).toContain('no public key was given');
  });
});

// Thousands of files are written and read: generous where the machine has more to do.
describe('is found:', { timeout: 120_000 }, () => {
  test('any single byte that was changed', async () => {
    const intact = readFileSync(agent.path);
    await fc.assert(
      fc.asyncProperty(fc.nat(intact.length - 1), fc.integer({ min: 1, max: 255 }), async (offset, flip) => {
        const bytes = Buffer.from(intact);
        bytes[offset] = (bytes[offset] ?? 0) ^ flip;
        writeFileSync(agent.path, bytes);
        // Without a key and without the other side: the chain alone shows it.
        expect((await verify({ keys: [], against: [] })).isIntact).toBe(false);
      }),
      { numRuns: 1500 },
    );
  });

  test('any record that was removed, doubled, moved or swapped', async () => {
    const intact = lines();
    const place = fc.nat(intact.length - 1);
    const change = fc.oneof(
      // The last one is a cut, of which below.
      fc.nat(intact.length - 2).map((at) => intact.toSpliced(at, 1)),
      fc.tuple(place, fc.nat(intact.length)).map(([from, to]) => intact.toSpliced(to, 0, intact[from] ?? '')),
      fc
        .tuple(place, place)
        .filter(([one, other]) => one !== other)
        .map(([one, other]) => intact.with(one, intact[other] ?? '').with(other, intact[one] ?? '')),
      fc
        .tuple(place, place)
        .filter(([from, to]) => from !== to)
        .map(([from, to]) => intact.toSpliced(from, 1).toSpliced(to, 0, intact[from] ?? '')),
    );
    await fc.assert(
      fc.asyncProperty(change, async (changed) => {
        writeLines(changed);
        expect((await verify({ keys: [], against: [] })).isIntact).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  test('any cut before the last checkpoint, at a line and in the middle of one', async () => {
    const intact = readFileSync(agent.path);
    const covered = Buffer.byteLength(`${lines().slice(0, coveredSequence).join('\n')}\n`);
    await fc.assert(
      fc.asyncProperty(fc.nat(covered - 1), async (length) => {
        writeFileSync(agent.path, intact.subarray(0, length));
        expect((await verify()).isIntact).toBe(false);
      }),
      { numRuns: 500 },
    );
    for (let kept = 0; kept < coveredSequence; kept += 1) {
      writeLines(lines().slice(0, 0));
      writeFileSync(agent.path, intact);
      writeLines(lines().slice(0, kept));
      expect((await verify()).isIntact, `${kept} lines kept`).toBe(false);
    }
    writeFileSync(agent.path, intact);
    writeLines(lines().slice(0, coveredSequence - 1));
    expect((await verify()).problems[0]).toContain(
      'it ends at record 5, and record 6 was there; agent/web-1 signed it',
    );
  });

  test('an older copy that was put back, also when the agent went on with it', async () => {
    const older = `${lines().slice(0, 4).join('\n')}\n`;
    writeFileSync(agent.path, older);
    expect((await verify()).problems[0]).toContain('record 6 was there');
    const again = await openSide('agent/web-1', keys.agent);
    await act(again, 'inject', 'receipt', 'inject', 'receipt');
    await again.audit.close();
    const { isIntact, problems } = await verify();
    expect(isIntact).toBe(false);
    expect(problems[0]).toContain('record 6 is another one');
  });

  test('a chain that was made anew from some record on, by whoever has no key', async () => {
    let end = emptyChain;
    const forged = lines().map((line, index) => {
      const { entry } = JSON.parse(line);
      const next = nextLine(end, index === 1 ? { ...entry, by: 'uid:1000' } : entry);
      end = next.end;
      return next.line;
    });
    writeLines(forged);
    const { problems } = await verify({ against: [] });
    expect(problems.some((problem) => problem.includes('its checkpoint does not fit'))).toBe(true);
    expect((await verify()).problems.some((problem) => problem.includes('is another one'))).toBe(true);
  });

  test('one that was made anew by the owner of its key, who cannot make the other side sign', async () => {
    const forged: string[] = [];
    let end = emptyChain;
    const add = (entry: Parameters<typeof nextLine>[1]): void => {
      const next = nextLine(end, entry);
      forged.push(next.line);
      end = next.end;
    };
    const log = 'agent/web-1';
    const at = { atUnixMs: nowMs, by: 'audit' };
    add(auditRecord({ ...at, action: 'audit-began', subject: log, key: keys.agent.publicKey }));
    const own = keys.agent.sign({ log, ...end, atUnixMs: nowMs, cause: 'run-end' });
    for (const witness of [keys.stranger, keys.agent]) {
      const { checkpoint: _of, ...by } = witness.countersign(own, 'coordinator/3f2a');
      add(auditRecord({ ...at, action: 'checkpoint', subject: log, checkpoint: { ...own }, witness: by }));
    }
    writeLines(forged);
    const { isIntact, lastVouched, problems, remarks } = await verify({ against: [] });
    expect(isIntact).toBe(false);
    expect(lastVouched).toBeUndefined();
    expect(problems).toContain('line 3: its checkpoint is countersigned by whoever signed it');
    expect(problems).toContain('no checkpoint of it is countersigned by a key that was given');
    expect(remarks[0]).toContain('keys that were not given');
    // Another key for its own name does not help either.
    const stranger = keys.stranger.sign({ log, ...end, atUnixMs: nowMs, cause: 'run-end' });
    const { checkpoint: _of, ...by } = keys.coordinator.countersign(stranger, 'coordinator/3f2a');
    add(auditRecord({ ...at, action: 'checkpoint', subject: log, checkpoint: { ...stranger }, witness: by }));
    writeLines(forged);
    expect((await verify({ against: [] })).problems.join()).toContain('a key that was not given');
  });

  test('one whose signatures are another’s', async () => {
    const text = readFileSync(agent.path, 'utf8');
    const [, signature = ''] =
      /"witness":\{"witness":"coordinator\/3f2a","key":"[0-9a-f]+","signature":"([0-9a-f]+)"/.exec(text) ?? [];
    expect(signature).not.toBe('');
    let end = emptyChain;
    const forged = lines().map((line) => {
      const entry = JSON.parse(line.replace(signature, signature.replace(/^../, 'ab')));
      const next = nextLine(end, entry.entry);
      end = next.end;
      return next.line;
    });
    writeLines(forged);
    expect((await verify({ against: [] })).problems.join()).toContain(
      'the countersignature of its checkpoint is wrong',
    );
  });
});

describe('the other side', () => {
  test('does not countersign an audit that went back, and keeps that it did not', async () => {
    writeLines(lines().slice(0, 4));
    const rolledBack = await openSide('agent/web-1', keys.agent);
    const witness = await openSide('coordinator/3f2a', keys.coordinator);
    const going = connect(rolledBack, witness, 'coordinator/3f2a');
    rolledBack.notary.ask('period');
    rolledBack.tick();
    await expect(going.settle()).rejects.toThrow('its audit went back from record 6 to 4');
    await Promise.all([rolledBack.audit.close(), witness.audit.close()]);
    expect(readFileSync(coordinator.path, 'utf8')).toContain('"action":"not-witnessed"');
  });

  test('is not asked again about an audit that has nothing new', async () => {
    const [one, other] = [
      await openSide('agent/web-1', keys.agent),
      await openSide('coordinator/3f2a', keys.coordinator),
    ];
    const going = connect(one, other, 'coordinator/3f2a');
    const count = (): number => lines().length;
    one.tick();
    await going.settle();
    const before = count();
    one.notary.ask('period');
    one.tick();
    await going.settle();
    expect(count()).toBe(before);
    await act(one, 'rearm');
    one.notary.ask('period');
    one.tick();
    await going.settle();
    expect(count()).toBe(before + 2);
    await Promise.all([one.audit.close(), other.audit.close()]);
  });

  test('countersigns only what is signed, and a countersignature only counts for what was asked', async () => {
    const witness = await openSide('coordinator/3f2a', keys.coordinator);
    const own = keys.agent.sign({
      log: 'agent/web-1',
      sequence: 99,
      hash: 'a'.repeat(64),
      atUnixMs: 1,
      cause: 'period',
    });
    await expect(witness.notary.witness('agent/web-1', { ...own, sequence: 98 })).rejects.toThrow('signature');
    await expect(witness.notary.keep('agent/web-1', keys.agent.countersign(own, 'agent/web-1'))).rejects.toThrow(
      'what was not asked of it',
    );
    await witness.audit.close();
  });
});

test('an export of the other side does as well as its file', async () => {
  const exported = join(directory.path, 'export.jsonl');
  for (const line of readFileSync(coordinator.path, 'utf8').trimEnd().split('\n')) {
    const { sequence, entry, hash } = JSON.parse(line);
    appendFileSync(exported, `${JSON.stringify({ sequence, ...entry, hash })}\n`);
  }
  copyFileSync(agent.path, join(directory.path, 'copy.jsonl'));
  writeLines(lines().slice(0, 4));
  expect((await verify({ against: [exported] })).problems[0]).toContain('as export.jsonl line');
});
