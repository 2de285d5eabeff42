/** `npm run bench -- NAME [--json] [--OPTION VALUE …]`: measures, prints, and judges nothing. */
import { parseArgs } from 'node:util';
import { abort } from './abort.ts';
import { accuracy } from './accuracy.ts';
import { deadman } from './deadman.ts';
import { detect } from './detect.ts';
import { flood } from './flood.ts';
import { footprint } from './footprint.ts';
import { partition } from './partition.ts';
import { saturation } from './saturation.ts';
import { scan } from './scan.ts';
import { undo } from './undo.ts';

export interface BenchOptions {
  readonly trials: number | undefined;
  readonly seed: number;
  /** Parts of a benchmark, by name; all of them where none is named. */
  readonly only: readonly string[];
  /** Of `detect`: the file that recordings are added to, instead of grading. */
  readonly record: string | undefined;
  /** Whether it was told to stop (SIGTERM): what has been measured by then is printed. */
  isStopped(): boolean;
  /** Progress, for people; nothing in a JSON document. */
  say(text: string): void;
}

const benches: Readonly<Record<string, (options: BenchOptions) => Promise<object>>> = {
  abort,
  accuracy,
  deadman,
  detect,
  flood,
  footprint,
  saturation,
  partition,
  scan,
  undo,
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    trials: { type: 'string' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string', default: '' },
    record: { type: 'string' },
  },
});
const bench = benches[positionals[0] ?? ''];
if (!bench) {
  process.stderr.write(`npm run bench -- ${Object.keys(benches).join(' | ')} [--json] [--trials N] [--seed N]\n`);
  process.exit(2);
}
let isStopped = false;
process.once('SIGTERM', () => {
  isStopped = true;
});
const result = await bench({
  trials: values.trials === undefined ? undefined : Number(values.trials),
  seed: Number(values.seed),
  only: values.only.split(',').filter(Boolean),
  record: values.record,
  isStopped: () => isStopped,
  say: (text) => process.stderr.write(`${text}\n`),
});
process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
process.exit(0);
