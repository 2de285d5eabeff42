/**
 * `npm run simulate -- [--seeds N] [--from N] [--seed N] [--minutes N --seeds-min N] [--json]`: simulated lives of a whole
 * fleet, and every scenario that ever broke an invariant. Ends with 1 when an invariant was broken.
 */
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import { projectFolder } from '../rig/project.ts';
import { bundleWorld } from './bundle.ts';
import { failedBefore } from './failed-before.ts';
import { failureText } from './failure-text.ts';
import { createPool, type Pool } from './pool.ts';
import type { FailedLife, WorkerAnswer } from './worker-order.ts';

const batch = 8;
/** The first failures are made short; the others are counted. */
const shrunkMax = 3;

const { values } = parseArgs({
  options: {
    seeds: { type: 'string' },
    from: { type: 'string' },
    seed: { type: 'string' },
    minutes: { type: 'string' },
    'seeds-min': { type: 'string', default: '0' },
    json: { type: 'boolean', default: false },
  },
});
const commit = commitNow();
const directory = await mkdtemp(join(tmpdir(), 'leash-simulate-'));
try {
  const program = join(directory, 'world.mjs');
  await bundleWorld(projectFolder, program);
  const pool = createPool(program);
  const result = await run(pool);
  const shortened = await Promise.all(result.failed.slice(0, shrunkMax).map((failed) => shorten(pool, failed)));
  await pool.close();
  for (const failed of shortened) process.stderr.write(`${failureText(failed, commit)}\n`);
  const { failed, ...figures } = result;
  const document = { ...figures, violations: failed.length, commit };
  process.stdout.write(values.json ? `${JSON.stringify(document)}\n` : `${wordsOf(document)}\n`);
  process.exitCode = failed.length === 0 ? 0 : 1;
} finally {
  await rm(directory, { recursive: true, force: true });
}

interface Result {
  readonly seeds: number;
  readonly simulatedSeconds: number;
  readonly speedup: number;
  readonly failed: readonly FailedLife[];
}

async function run(pool: Pool): Promise<Result> {
  const beganAtMs = performance.now();
  const failed: FailedLife[] = [];
  let lives = 0;
  let simulatedMs = 0;
  const take = (answer: WorkerAnswer): void => {
    if (answer.type !== 'lived') return;
    lives += answer.lives;
    simulatedMs += answer.simulatedMs;
    failed.push(...answer.failed);
  };
  const isOne = values.seed !== undefined;
  const from = Number(values.seed ?? values.from ?? 1 + (Date.now() % 2 ** 31));
  const minutesMs = Number(values.minutes ?? 0) * 60_000;
  const seedsMin = Number(values.seeds ?? (isOne ? 1 : (values['seeds-min'] ?? 0)));
  const isEnough = (asked: number): boolean => asked >= seedsMin && performance.now() - beganAtMs >= minutesMs;
  if (!isOne) {
    for (const scenario of failedBefore) take(await pool.ask({ type: 'scenario', scenario }));
  }
  let asked = 0;
  const work = async (): Promise<void> => {
    while (!isEnough(asked)) {
      const count = minutesMs > 0 ? batch : Math.min(batch, seedsMin - asked);
      const order = { type: 'seeds', from: from + asked, count } as const;
      asked += count;
      take(await pool.ask(order));
    }
  };
  await Promise.all(Array.from({ length: pool.size }, work));
  const tookMs = performance.now() - beganAtMs;
  return { seeds: lives, simulatedSeconds: simulatedMs / 1000, speedup: Math.round(simulatedMs / tookMs), failed };
}

/** What ever failed is short already, and keeps its form whatever a seed comes to mean. */
async function shorten(pool: Pool, failed: FailedLife): Promise<FailedLife> {
  const answer = await pool.ask({ type: 'shrink', seed: failed.scenario.seed });
  return (answer.type === 'shrunk' ? answer.failed : undefined) ?? failed;
}

function wordsOf(document: Omit<Result, 'failed'> & { readonly violations: number }): string {
  const { seeds, simulatedSeconds, speedup, violations } = document;
  const hours = (simulatedSeconds / 3600).toFixed(1);
  return `${seeds} lives, ${hours} hours of a fleet at ${speedup} times their own speed: ${violations} broke an invariant`;
}

/** With a plus sign where the sources differ from it. */
function commitNow(): string {
  const git = (...args: string[]): string => {
    try {
      return execFileSync('git', args, {
        cwd: projectFolder,
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'ignore'],
      }).trim();
    } catch {
      return '';
    }
  };
  const head = git('rev-parse', '--short', 'HEAD') || 'unknown';
  return git('status', '--porcelain') === '' ? head : `${head}+`;
}
