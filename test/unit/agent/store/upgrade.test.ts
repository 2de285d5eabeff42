/** Journals of earlier versions, as bytes: what a version could once undo, every later one can. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { buildSync } from 'esbuild';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openJournal } from '../../../../agent/store/journal.ts';
import { replayJournal } from '../../../../agent/store/replay.ts';
import { slotBytes } from '../../../../agent/store/slot.ts';
import {
  fixtureBootId,
  fixtureCommits,
  fixturePath,
  fixtureRecords,
  writeFixture,
} from '../../../rig/journal-fixture.ts';
import { hasHistory, olderSource } from '../../../rig/older-source.ts';
import { unless } from '../../../rig/requirement.ts';
import { makeDirectory, type TestDirectory } from './directory.ts';

let directory: TestDirectory;
beforeEach(() => {
  directory = makeDirectory();
});
afterEach(() => directory.remove());

/** The journal module of that version. */
async function olderJournal(commit: string): Promise<{ openJournal: typeof openJournal }> {
  const source = olderSource(commit);
  const outfile = join(source, 'journal.mjs');
  buildSync({
    absWorkingDir: source,
    entryPoints: ['agent/store/journal.ts'],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    external: ['koffi'],
  });
  return import(pathToFileURL(outfile).href);
}

const written = (): Buffer =>
  readFileSync(join(directory.path, 'journal')).subarray(0, fixtureRecords.length * slotBytes);

describe.each(fixtureCommits)('a journal that %s wrote', (commit) => {
  const withHistory = unless(hasHistory(commit), `the history of the repository (${commit})`);

  test('is read by this version, record by record', async () => {
    cpSync(fixturePath(commit), join(directory.path, 'journal'));
    const journal = await openJournal(directory.path);
    expect(journal.problems).toEqual([]);
    expect(journal.records()).toEqual(fixtureRecords);
    await journal.close();
  });

  test('is replayed by this version: exactly what was left stopped runs on', async () => {
    cpSync(fixturePath(commit), join(directory.path, 'journal'));
    const journal = await openJournal(directory.path);
    const asked: number[] = [];
    const replayed = await replayJournal(journal, fixtureBootId, ({ pid }) => {
      asked.push(pid);
      return 'continued';
    });
    // The second target had been stopped before, and the other records have nothing left to undo.
    expect(asked).toEqual([101]);
    expect(replayed.map((fault) => fault.isComplete)).toEqual([true]);
    await journal.close();
  });

  withHistory('is what its source writes, byte for byte', async () => {
    await writeFixture((await olderJournal(commit)).openJournal, directory.path);
    if (process.env.LEASH_WRITE_FIXTURES) writeFileSync(fixturePath(commit), written());
    expect(written().equals(readFileSync(fixturePath(commit)))).toBe(true);
  });

  withHistory('and one that this version wrote is read by it, record by record', async () => {
    await writeFixture(openJournal, directory.path);
    const journal = await (await olderJournal(commit)).openJournal(directory.path);
    expect(journal.problems).toEqual([]);
    expect(journal.records()).toEqual(fixtureRecords);
    await journal.close();
  });
});
