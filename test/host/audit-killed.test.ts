/** SIGKILL at random while an audit is written: what was acknowledged is there, and a torn end is healed and told. */
import { spawn } from 'node:child_process';
import { appendFileSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type * as Esbuild from 'esbuild';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readAuditFile } from '../../shared/audit-reading.ts';
import { verifyAudit } from '../../shared/audit-verify.ts';
import { makeTestDirectory } from '../rig/directory.ts';
import { projectFolder } from '../rig/project.ts';

const { build } = createRequire(import.meta.url)('esbuild') as typeof Esbuild;
const directory = makeTestDirectory();
const program = join(directory.path, 'writer.mjs');
const state = directory.sub('state');
const rounds = 60;

beforeAll(async () => {
  const entryPoints = [join(projectFolder, 'test/rig/audit-writer.ts')];
  await build({ entryPoints, outfile: program, bundle: true, format: 'esm', platform: 'node', logLevel: 'silent' });
});
afterAll(() => directory.remove());

interface Round {
  readonly repairedBytes: number;
  /** By sequence. */
  readonly acknowledged: ReadonlyMap<number, string>;
}

/** Ends it after so many acknowledgements, wherever it is then. */
function writeUntilKilled(round: number, acknowledgements: number): Promise<Round> {
  const child = spawn(process.execPath, [program, join(state, 'audit.jsonl'), String(round)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    said += chunk;
    if (said.split('\n').length - 2 >= acknowledgements) child.kill('SIGKILL');
  });
  return new Promise((resolve) =>
    child.once('close', () => {
      const [first = '', ...rest] = said.split('\n').slice(0, -1);
      const acknowledged = new Map(
        rest.map((line) => line.split(' ')).map(([sequence, hash = '']) => [Number(sequence), hash]),
      );
      resolve({ repairedBytes: Number(first.split(' ')[1]), acknowledged });
    }),
  );
}

it(`loses no acknowledged record in ${rounds} rounds, and says of each torn end that it was taken out`, async () => {
  const acknowledged = new Map<number, string>();
  let torn = 0;
  for (let round = 0; round < rounds; round += 1) {
    // As a power cut or a kill in the middle of a line would leave it, whether or not this round's kill did.
    const isTornByTest = round % 10 === 5;
    if (isTornByTest) appendFileSync(join(state, 'audit.jsonl'), '{"sequence":99,"previous":"ab');
    const result = await writeUntilKilled(round, 1 + Math.floor(Math.random() * 40));
    if (result.repairedBytes > 0) torn += 1;
    if (isTornByTest) expect(result.repairedBytes).toBeGreaterThan(0);
    for (const [sequence, hash] of result.acknowledged) {
      expect(acknowledged.has(sequence), `sequence ${sequence} was given twice`).toBe(false);
      acknowledged.set(sequence, hash);
    }
  }
  // The last start heals what the last kill left.
  const last = await writeUntilKilled(rounds, 1);
  if (last.repairedBytes > 0) torn += 1;
  const found = await verifyAudit({ paths: [state] });
  const tornAgain = found.problems.filter((problem) => problem.includes('torn end'));
  expect(found.problems).toEqual(tornAgain);

  const onDisk = new Map<number, string>();
  let repairs = 0;
  for (const file of found.files) {
    for await (const { line } of readAuditFile(file)) {
      if (line) onDisk.set(line.sequence, line.hash);
      if (line?.entry.action === 'audit-repaired') repairs += 1;
    }
  }
  const lost = [...acknowledged].filter(([sequence, hash]) => onDisk.get(sequence) !== hash);
  expect(lost).toEqual([]);
  expect(repairs).toBe(torn);
  const sizes = found.files.map((file) => readFileSync(file).length);
  process.stdout.write(`${acknowledged.size} acknowledged, 0 lost, ${torn} torn ends healed, ${sizes.length} files\n`);
  expect(sizes.length).toBeGreaterThan(1);
}, 300_000);
