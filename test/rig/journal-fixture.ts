/**
 * What the journal fixtures hold, whichever version wrote them: a pause bound by the journal, half-way; one that a replay
 * has undone already; and one bound by the kernel.
 */
import { join } from 'node:path';
import type { openJournal } from '../../agent/store/journal.ts';
import type { JournalRecord } from '../../agent/store/journal-record.ts';
import { type ProcessIdentity, parsePid } from '../../proto/identity.ts';
import { projectFolder } from './project.ts';

export const fixtureBootId = '0b1d2c3e-4f50-4a6b-8c7d-9e0f1a2b3c4d';
/** The file format of each released or published state, by the commit that wrote it. */
export const fixtureCommits = ['47f872a'] as const;

export function fixturePath(commit: string): string {
  return join(projectFolder, 'test/fixtures/journal', commit);
}

const [one, two, three] = [101, 102, 103].map(
  (pid): ProcessIdentity => ({
    bootId: fixtureBootId,
    pid: parsePid(pid),
    startTimeTicks: 1000 + pid,
  }),
) as [ProcessIdentity, ProcessIdentity, ProcessIdentity];

function recordOf(
  faultId: string,
  changes: Partial<JournalRecord> & { targets: readonly ProcessIdentity[] },
): JournalRecord {
  const { targets, ...rest } = changes;
  return {
    facts: {
      faultId,
      idempotencyKey: `key-of-${faultId}`,
      requestDigest: 'sha256:request',
      runId: 'run-1',
      experiment: 'upgrade',
      kind: 'process.pause',
      parameters: {},
      binding: 'journal',
      holdsByPtrace: false,
      targets,
      targetsDigest: 'sha256:targets',
      injectedBy: 'uid:0',
      injectedAtUnixMs: 1_795_746_805_756,
    },
    lease: { expiresAtBootMs: 123_456.5, hardDeadlineBootMs: 200_000 },
    undo: targets.map((target) => ({ type: 'continue', target, wasStopped: target === two })),
    state: 'touched',
    ...rest,
  };
}

const halfWay = recordOf('half-way', { targets: [one, two], holder: three });
const undone = recordOf('undone', { targets: [three], state: 'undone' });
const byKernel = recordOf('by-kernel', { targets: [one], undo: [], state: 'intended' });

export const fixtureRecords: readonly JournalRecord[] = [
  halfWay,
  undone,
  { ...byKernel, facts: { ...byKernel.facts, binding: 'kernel', holdsByPtrace: true } },
];

/** @param open of the version that is to write it. */
export async function writeFixture(open: typeof openJournal, directory: string): Promise<void> {
  const journal = await open(directory);
  for (const record of fixtureRecords) await journal.put(record);
  await journal.close();
}
