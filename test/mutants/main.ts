/**
 * `npm run mutants -- [--seeds N] [--json]`: puts each known defect into the product, and lets the simulation look for it
 * in what provokes it and in N seeds. Ends with 1 when one is missed, or when the product without any is found fault with.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { projectFolder } from '../rig/project.ts';
import { bundleWorld } from '../simulation/bundle.ts';
import { createPool } from '../simulation/pool.ts';
import type { Mutant } from './mutant.ts';
import { mutants } from './mutants.ts';
import { scenarioOf } from './provocations.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '24' },
    only: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
  },
});
const seeds = Number(values.seeds);
/** Asked for at once; the first that fails ends the search. */
const batch = 8;

const directory = await mkdtemp(join(tmpdir(), 'leash-mutants-'));
try {
  const chosen = mutants.filter(({ name }) => name.includes(values.only));
  const missed: string[] = [];
  const falseAlarms = await violationsWithout(chosen);
  for (const mutant of chosen) {
    const by = await violationOf(mutant);
    if (by === undefined) missed.push(mutant.name);
    process.stderr.write(`${by === undefined ? 'MISSED ' : by.padEnd(7)} ${mutant.name} (${mutant.peer})\n`);
  }
  for (const alarm of falseAlarms) process.stderr.write(`FALSE ALARM without a defect: ${alarm}\n`);
  const document = {
    mutants: chosen.length,
    found: chosen.length - missed.length,
    missed,
    falseAlarms: falseAlarms.length,
  };
  const words = `${document.found} of ${document.mutants} known defects found; without them ${falseAlarms.length} false alarms`;
  process.stdout.write(values.json ? `${JSON.stringify(document)}\n` : `${words}\n`);
  process.exitCode = missed.length === 0 && falseAlarms.length === 0 ? 0 : 1;
} finally {
  await rm(directory, { recursive: true, force: true });
}

/** @returns the invariant that saw it, if one did. */
async function violationOf({ name, changes, provocation }: Mutant): Promise<string | undefined> {
  const program = join(directory, `${name.replaceAll(' ', '-')}.mjs`);
  await bundleWorld(projectFolder, program, changes);
  const pool = createPool(program);
  try {
    if (provocation) {
      const answer = await pool.ask({ type: 'scenario', scenario: scenarioOf(provocation) });
      const found = answer.type === 'lived' ? answer.failed[0]?.violations[0] : undefined;
      if (found) return found.invariant;
    }
    for (let from = 1; from <= seeds; from += batch) {
      const answer = await pool.ask({ type: 'seeds', from, count: Math.min(batch, seeds - from + 1) });
      const found = answer.type === 'lived' ? answer.failed[0]?.violations[0] : undefined;
      if (found) return found.invariant;
    }
    return undefined;
  } finally {
    await pool.close();
  }
}

/** The product as it is, in every provocation and every seed. */
async function violationsWithout(chosen: readonly Mutant[]): Promise<readonly string[]> {
  const program = join(directory, 'product.mjs');
  await bundleWorld(projectFolder, program);
  const pool = createPool(program);
  try {
    const provoked = chosen.flatMap(({ name, provocation }) => (provocation ? [{ name, provocation }] : []));
    const asked = [
      ...provoked.map(({ provocation }) => ({ type: 'scenario', scenario: scenarioOf(provocation) }) as const),
      ...Array.from({ length: Math.ceil(seeds / batch) }, (_, index) => {
        const from = 1 + index * batch;
        return { type: 'seeds', from, count: Math.min(batch, seeds - from + 1) } as const;
      }),
    ];
    const answers = await Promise.all(asked.map((order) => pool.ask(order)));
    return answers.flatMap((answer, index) =>
      (answer.type === 'lived' ? answer.failed : []).map(({ scenario, violations }) => {
        const what = provoked[index]?.name ?? `seed ${scenario.seed}`;
        return `${what}: ${violations[0]?.invariant} ${violations[0]?.text}`;
      }),
    );
  } finally {
    await pool.close();
  }
}
