/**
 * `npm run storm -- --rounds N [--seed N] [--only ROUND] [--json]`: kills, stops and starves agents, holders and
 * coordinators at chosen instants, and counts what they leave behind. Exit code 1 when anything was left or late, or a
 * round could not be played.
 */
import { parseArgs } from 'node:util';
import { storm } from './storm.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '100' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    only: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const rounds = Number(values.rounds);
const seed = Number(values.seed);
const only = values.only === undefined ? undefined : Number(values.only);
if (![rounds, seed, only ?? 0].every((value) => Number.isSafeInteger(value) && value >= 0)) {
  process.stderr.write('npm run storm -- [--rounds N] [--seed N] [--only ROUND] [--json]\n');
  process.exit(2);
}
const result = await storm({ rounds, seed, only, say: (text) => process.stderr.write(`${text}\n`) });
process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
const isFine = result.orphans === 0 && result.broken.length === 0 && Object.keys(result.violations).length === 0;
process.exit(isFine ? 0 : 1);
