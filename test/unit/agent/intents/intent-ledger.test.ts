import { chmodSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { IntentClaim } from '../../../../agent/core/intent.ts';
import { openIntentLedger } from '../../../../agent/store/intent-ledger.ts';
import { makeTestDirectory, type TestDirectory } from '../../../rig/directory.ts';

const claim = (runId: string, step: number, more: Partial<IntentClaim> = {}): IntentClaim => ({
  nonce: 'a'.repeat(32),
  notAfterUnixMs: 1000,
  runsMax: 1,
  runId,
  step,
  key: `${runId}/${step}`,
  ...more,
});

describe('what a host remembers of intents', () => {
  let directory: TestDirectory;
  let nowUnixMs: number;
  const open = () => openIntentLedger(directory.path, () => nowUnixMs);

  beforeEach(() => {
    directory = makeTestDirectory();
    nowUnixMs = 0;
  });
  afterEach(() => directory.remove());

  it('is on the disk before anything is begun, and is there for the next agent', async () => {
    await (await open()).take(claim('run-1', 1));
    expect(statSync(join(directory.path, 'intents.json')).mode & 0o777).toBe(0o600);
    const next = await open();
    expect(next.usedBy('a'.repeat(32))).toEqual({ 'run-1': { 1: 'run-1/1' } });
    await expect(next.take(claim('run-2', 1))).rejects.toThrow('it is for 1 run, and run-1 had it');
    await expect(next.take(claim('run-1', 1, { key: 'another' }))).rejects.toThrow('was injected here already');
    await next.take(claim('run-1', 1));
    await next.take(claim('run-1', 2));
  });

  it('lets one of several at once have the last run', async () => {
    const ledger = await open();
    const taken = await Promise.allSettled(['run-1', 'run-2', 'run-3'].map((runId) => ledger.take(claim(runId, 1))));
    expect(taken.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected', 'rejected']);
  });

  it('is given back for an inject that was refused, and for no other', async () => {
    const ledger = await open();
    await ledger.take(claim('run-1', 1));
    await ledger.giveBack(claim('run-1', 1, { key: 'another' }));
    await expect(ledger.take(claim('run-2', 1))).rejects.toThrow('run-1 had it');
    await ledger.giveBack(claim('run-1', 1));
    await ledger.take(claim('run-2', 1));
  });

  it('outlives the intent by a year, so that a clock that is set back brings none to life again', async () => {
    const ledger = await open();
    await ledger.take(claim('run-1', 1));
    nowUnixMs = 365 * 86_400_000;
    await ledger.take(claim('run-1', 1, { nonce: 'b'.repeat(32) }));
    nowUnixMs = 0;
    await expect((await open()).take(claim('run-2', 1))).rejects.toThrow('run-1 had it');
  });

  it('that cannot be read takes and shows nothing: what was used before is not known', async () => {
    const path = join(directory.path, 'intents.json');
    for (const text of ['not JSON', '{"version":2,"intents":{}}', '{"version":1,"intents":{"x":{}}}']) {
      writeFileSync(path, text);
      chmodSync(path, 0o600);
      const ledger = await open();
      await expect(ledger.take(claim('run-1', 1))).rejects.toThrow('cannot be read');
      expect(() => ledger.usedBy('x')).toThrow('cannot be read');
      expect(readFileSync(path, 'utf8')).toBe(text);
    }
  });
});
