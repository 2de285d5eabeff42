import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Claim } from '../../../../coordinator/core/claims.ts';
import { type RunState, submittedRun } from '../../../../coordinator/core/run.ts';
import { type OpenStore, openStore } from '../../../../coordinator/store/store.ts';
import { distFolder } from '../../../rig/project.ts';
import { experiment, pause } from '../world.ts';

let directory: string;
let store: OpenStore;

const open = () => openStore(directory, () => 1_700_000_000_000, join(distFolder, 'leash-store.js'));
beforeEach(async () => {
  directory = join(mkdtempSync(join(tmpdir(), 'leash-store-')), 'state');
  store = await open();
});
afterEach(async () => {
  await store.close();
  rmSync(join(directory, '..'), { recursive: true });
});

const zone: Claim = { kind: 'zone', name: 'eu-1', isShared: false };
const run = (runId: string): RunState =>
  submittedRun(
    {
      runId,
      experiment: experiment([[pause(1)]]),
      scopeDigest: '',
      submittedBy: '',
      submittedAtUnixMs: 0,
      contentDigest: 'c',
    },
    { gates: [], targetsDigest: '' },
  );
const running = (runId: string): RunState => ({
  ...run(runId),
  life: { phase: 'running', group: 0, activity: { name: 'planning' } },
});
const ended = (runId: string, more: Partial<RunState> = {}): RunState => ({
  ...run(runId),
  life: { phase: 'ended', end: { cause: 'completed', detail: '' }, result: 'held', endedAtUnixMs: 7 },
  ...more,
});
const owing: RunState['placements'] = [
  {
    key: 'k',
    host: 'host-a',
    group: 0,
    stepNumber: 1,
    targets: [],
    targetsDigest: '',
    haltEpoch: 1,
    life: { phase: 'unconfirmed', faultId: 'f', sinceMs: 0 },
  },
];

describe('claims', () => {
  it('go to exactly one of ten runs that ask at once, and the others are told who has it', async () => {
    const runIds = Array.from({ length: 10 }, (_, index) => `run-${index}`);
    const answers = await Promise.all(runIds.map((runId) => store.programme.claim(runId, `e-${runId}`, [zone])));
    const winners = runIds.filter((_, index) => answers[index]?.length === 0);
    expect(winners).toHaveLength(1);
    const [winner] = winners;
    for (const answer of answers.filter((each) => each.length > 0)) {
      expect(answer).toEqual([`zone eu-1 is taken: run ${winner} (e-${winner}) has it, at most 1 experiment a zone`]);
    }
  });

  it('are all taken or none', async () => {
    await store.programme.claim('run-1', 'e', [zone]);
    const other: Claim = { kind: 'zone', name: 'eu-2', isShared: false };
    expect(await store.programme.claim('run-2', 'e', [other, zone])).toHaveLength(1);
    expect((await store.programme.claims()).map((claim) => claim.name)).toEqual(['eu-1']);
  });

  it('are given back with the end of the run, and not while a host owes a receipt', async () => {
    await store.programme.claim('run-1', 'e', [zone]);
    await store.saveRun(ended('run-1', { placements: owing }), []);
    expect(await store.programme.claim('run-2', 'e', [zone])).toHaveLength(1);
    await store.saveRun(ended('run-1'), []);
    expect(await store.programme.claim('run-2', 'e', [zone])).toEqual([]);
  });

  it('of a run that never began are gone after a restart, and those of one that goes on are not', async () => {
    await store.saveRun(run('run-1'), []);
    await store.programme.claim('run-1', 'e', [zone]);
    await store.saveRun(running('run-2'), []);
    await store.programme.claim('run-2', 'e', [{ ...zone, name: 'eu-2' }]);
    await store.close();
    store = await open();
    expect((await store.programme.claims()).map((claim) => claim.runId)).toEqual(['run-2']);
  });
});

describe('what a programme remembers', () => {
  it('is only a run that held as a pass, by its content', async () => {
    await store.saveRun(ended('run-1'), []);
    await store.saveRun({ ...ended('run-2'), life: { ...ended('run-2').life, result: 'deviated' } as never }, []);
    await store.saveRun(running('run-3'), []);
    expect(await store.programme.passes('c')).toEqual([{ runId: 'run-1', stage: 'staging', endedAtUnixMs: 7 }]);
    expect(await store.programme.passes('another')).toEqual([]);
    expect(await store.programme.passes('')).toEqual([]);
  });

  it('is every rehearsal and every finding, in order', async () => {
    const rehearsal = { rehearsalId: 'r', stage: 'staging', isPassed: true, atUnixMs: 3 } as const;
    await store.programme.addRehearsal('c', rehearsal);
    expect(await store.programme.rehearsals('c')).toEqual([rehearsal]);
    const learning = {
      atUnixMs: 1,
      by: 'alice',
      findings: ['retries pile up'],
      actions: [{ text: 'cap', owner: 'bob' }],
    };
    await store.programme.addLearning('run-1', learning);
    await store.programme.addLearning('run-1', { ...learning, atUnixMs: 2, by: 'carol' });
    expect((await store.programme.learnings('run-1')).map((each) => each.by)).toEqual(['alice', 'carol']);
    expect((await store.programme.learnings('run-1'))[0]).toEqual(learning);
  });
});
