import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { submittedRun } from '../../../../coordinator/core/run.ts';
import type { RunEvent } from '../../../../coordinator/engine/ports.ts';
import { openStore } from '../../../../coordinator/store/store.ts';
import { verifyAudit } from '../../../../shared/audit-verify.ts';
import { distFolder } from '../../../rig/project.ts';
import { experiment, pause } from '../world.ts';

let directory: string;

beforeEach(() => {
  directory = join(mkdtempSync(join(tmpdir(), 'leash-store-')), 'state');
});
afterEach(() => rmSync(join(directory, '..'), { recursive: true }));

const open = () => openStore(directory, () => 1_700_000_000_000.4, join(distFolder, 'leash-store.js'));
const run = submittedRun(
  {
    runId: 'run-0001',
    experiment: experiment([[pause(1)]]),
    scopeDigest: 'scope',
    submittedBy: 'alice',
    submittedAtUnixMs: 1_700_000_000_000,
  },
  { gates: [{ gate: 'halted', passed: true, message: 'not halted' }], targetsDigest: 'targets' },
);
const event: RunEvent = { runId: 'run-0001', sequence: 1, atUnixMs: 1, kind: 'phase', host: '', text: 'started' };
const end = { cause: 'completed', detail: '' } as const;
const over = { ...run, life: { phase: 'ended', end, result: 'not-judged', endedAtUnixMs: 2 } } as const;

describe('the store', () => {
  it('gives back what it was given, after it was closed and opened again', async () => {
    const first = await open();
    await first.saveRun(run, [event]);
    await first.saveRun(over, [{ ...event, sequence: 2, text: 'ended' }]);
    await first.writeLatch({ isHalted: true, epoch: 3, reason: 'drill', by: 'carol', requestId: 'request-1' });
    await first.close();
    const again = await open();
    expect(await again.findRun('run-0001')).toEqual(over);
    expect((await again.eventsOf('run-0001')).map((each) => each.text)).toEqual(['started', 'ended']);
    const latch = { isHalted: true, epoch: 3, reason: 'drill', by: 'carol', requestId: 'request-1' };
    expect(await again.readLatch()).toEqual(latch);
    const { requestId: _, ...released } = { ...latch, isHalted: false };
    await again.writeLatch(released);
    expect(await again.readLatch()).toEqual(released);
    await again.close();
  });

  it('lets nobody else read it, and no second coordinator in', async () => {
    const store = await open();
    await store.saveRun(run, []);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(statSync(join(directory, 'coordinator.db')).mode & 0o777).toBe(0o600);
    expect(statSync(join(directory, 'coordinator.db-wal')).mode & 0o777).toBe(0o600);
    await expect(open()).rejects.toThrow('in use by another coordinator');
    await store.close();
  });

  it('keeps the history append-only: a sequence is never written twice', async () => {
    const store = await open();
    await store.saveRun(run, [event]);
    await expect(store.saveRun({ ...run, targetsDigests: [] }, [event])).rejects.toThrow();
    // Neither half of the transaction took.
    expect((await store.findRun('run-0001'))?.targetsDigests).toEqual(['targets']);
    await store.close();
  });

  it('lists as unfinished what has not ended, and what ended with a host that owes a receipt', async () => {
    const store = await open();
    const placement = {
      key: 'k',
      host: 'host-a',
      group: 0,
      stepNumber: 1,
      targets: [],
      targetsDigest: '',
      haltEpoch: 1,
      life: { phase: 'unknown', orderedAtMs: 0, detail: '' },
    } as const;
    const named = (runId: string) => ({ ...run.facts, runId });
    await store.saveRun({ ...run, facts: named('open') }, []);
    await store.saveRun({ ...over, facts: named('over') }, []);
    await store.saveRun({ ...over, facts: named('owed'), placements: [placement] }, []);
    expect((await store.listUnfinishedRuns()).map((each) => each.facts.runId).sort()).toEqual(['open', 'owed']);
    await store.close();
  });

  it('keeps plans by their digest, and the word of people until it is closed', async () => {
    const store = await open();
    const plan = { targetsDigest: 'd', scopeDigest: 's', experiment: 'test', plans: [], targets: [] };
    await store.savePlan(plan);
    await store.savePlan(plan);
    expect(await store.findPlan('d')).toEqual(plan);
    expect(await store.findPlan('other')).toBeUndefined();
    await store.addResolution({ host: 'host-a', by: 'alice', reason: 'gone' });
    expect(await store.addResolution({ host: 'host-a', by: 'bob', reason: 'yes' })).toHaveLength(2);
    await store.closeResolutions('host-a');
    expect(await store.addResolution({ host: 'host-a', by: 'bob', reason: 'again' })).toHaveLength(1);
    await store.close();
  });
});

describe('the audit', () => {
  it('is a file beside the database, which shows what was changed', async () => {
    const store = await open();
    for (const action of ['submit', 'start', 'halt']) {
      await store.audit({ by: 'alice', action, subject: 'run-0001', detail: '', digest: 'sha256:scope' });
    }
    await store.close();
    const path = join(directory, 'audit.jsonl');
    expect(await verifyAudit({ paths: [path] })).toMatchObject({ isIntact: true, lines: 3 });
    const text = readFileSync(path, 'utf8');
    expect(JSON.parse(text.split('\n')[1] ?? '').entry).toEqual({
      atUnixMs: 1_700_000_000_000,
      phase: 'intent',
      by: 'alice',
      action: 'start',
      subject: 'run-0001',
      detail: '',
      digest: 'sha256:scope',
    });
    writeFileSync(path, text.replace('alice","action":"start"', 'mallory","action":"start"'));
    const { problems } = await verifyAudit({ paths: [path] });
    expect(problems).toEqual(['line 2: its hash is not that of its text']);
  });
});
