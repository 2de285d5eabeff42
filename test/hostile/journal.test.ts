/** A journal that somebody else has written: refused or moved back, never executed. */
import { spawnSync } from 'node:child_process';
import { existsSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { getPriority, setPriority } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readBootId } from '../../agent/host/process-identity.ts';
import { openJournal } from '../../agent/store/journal.ts';
import { recordToBytes } from '../../agent/store/journal-record.ts';
import { writeSlot } from '../../agent/store/slot.ts';
import { identityOf } from '../host/harness/agent.ts';
import { startVictim } from '../host/harness/victim.ts';
import { makeTestDirectory, type TestDirectory } from '../rig/directory.ts';
import { distFolder } from '../rig/project.ts';
import { fuzzJournal } from './fuzz-journal.ts';

let directory: TestDirectory;
beforeEach(() => {
  directory = makeTestDirectory();
});
afterEach(() => directory.remove());

/** Those that ever failed are kept here, beside one that is new each time. */
const seeds = [1, 2, 3, Math.floor(Math.random() * 2 ** 32)];

describe.each(seeds)('journals put wrong by seed %i', (seed) => {
  test('move nothing but what a fault of this host could have set', async () => {
    const { records, movedBack, wrong } = await fuzzJournal(directory.sub('fuzz'), seed, 20);
    expect(wrong).toEqual([]);
    // Some are honest, and many are not.
    expect(movedBack).toBeGreaterThan(records / 100);
    expect(movedBack).toBeLessThan(records / 2);
  });
});

describe('`leash-agent restore` with a record', () => {
  const restore = () => {
    const [state, run, config] = ['state', 'run', 'config'].map((name) => directory.sub(name));
    const directories = ['--state-dir', state, '--run-dir', run, '--config-dir', config] as string[];
    return spawnSync(process.execPath, [join(distFolder, 'leash-agent.js'), 'restore', ...directories], {
      encoding: 'utf8',
    });
  };

  /** Of a renice to 9 whose original was `original`, as the change of the document leaves it. */
  async function forge(
    pid: number,
    original: string,
    change: (document: Record<string, unknown>) => void,
  ): Promise<void> {
    const target = identityOf(pid);
    const facts = {
      faultId: 'forged',
      idempotencyKey: 'forged-key',
      requestDigest: '',
      runId: '',
      experiment: '',
      kind: 'process.renice',
      parameters: { nice: 9 },
      binding: 'journal' as const,
      holdsByPtrace: false,
      targets: [target],
      targetsDigest: '',
      injectedBy: '',
      injectedAtUnixMs: 0,
    };
    const kept = {
      what: 'nice' as const,
      of: target,
      bootId: readBootId(),
      ours: '9',
      original,
      exceptions: [],
      sinceTicks: 0,
    };
    const lease = { expiresAtBootMs: 1, hardDeadlineBootMs: 1 };
    const document = JSON.parse(
      recordToBytes({ facts, lease, undo: [{ type: 'put-back', kept }], state: 'touched' }).toString(),
    );
    change(document);
    const state = directory.sub('state');
    await (await openJournal(state)).close();
    const file = await open(join(state, 'journal'), 'r+');
    const overwrite = async (position: number, bytes: Uint8Array): Promise<void> =>
      void (await file.write(bytes, 0, bytes.length, position));
    await writeSlot({ overwrite }, 0, { sequence: 9, payload: Buffer.from(JSON.stringify(document)) });
    await file.close();
  }

  async function bystander(): Promise<number> {
    const victim = await startVictim('busy.mjs');
    setPriority(victim.identity.pid, 9);
    return victim.identity.pid;
  }

  test('that is right moves the process back', async () => {
    const pid = await bystander();
    await forge(pid, '0', () => {});
    expect([restore().status, getPriority(pid)]).toEqual([0, 0]);
    process.kill(pid, 'SIGKILL');
  });

  test.each<[string, string, (document: Record<string, unknown>) => void]>([
    ['a value that no thread can have', '0; touch /tmp/leash-was-here', () => {}],
    [
      'parameters that set something else',
      '0',
      (document) => Object.assign(document.facts as object, { parameters: { nice: 8 } }),
    ],
    [
      'another kind of fault',
      '0',
      (document) =>
        Object.assign(document.facts as object, { kind: 'service.stop', parameters: { unit: 'x.service' } }),
    ],
    [
      'another start time',
      '0',
      (document) => Object.assign(document, { targets: [[(document.targets as number[][])[0]?.[0], 7]] }),
    ],
    [
      'an undo that is a command',
      '0',
      (document) => Object.assign(document, { undo: [['run', '/bin/sh', '-c', 'touch /tmp/leash-was-here']] }),
    ],
    ['a version to come', '0', (document) => Object.assign(document, { version: 99 })],
    ['a version that never was', '0', (document) => Object.assign(document, { version: 0 })],
  ])('with %s moves nothing and runs nothing', async (_what, original, change) => {
    const pid = await bystander();
    await forge(pid, original, change);
    const { stdout } = restore();
    expect(getPriority(pid)).toBe(9);
    expect(existsSync('/tmp/leash-was-here')).toBe(false);
    expect(stdout).not.toContain(': restored');
    process.kill(pid, 'SIGKILL');
  });

  test('is not read through a link', async () => {
    const state = directory.sub('state');
    const elsewhere = join(directory.path, 'elsewhere');
    writeFileSync(elsewhere, 'not ours', { mode: 0o600 });
    rmSync(join(state, 'journal'), { force: true });
    symlinkSync(elsewhere, join(state, 'journal'));
    expect(restore().status).not.toBe(0);
  });
});
