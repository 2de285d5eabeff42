// `npm run model [-- --json]`: checks the model in every reachable state, and that each of its mutants is found.
// Needs spin (package spin) and a C compiler (package gcc). Exit code 1 when a claim does not hold or a mutant lives.
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const folder = dirname(fileURLToPath(import.meta.url));
const model = join(folder, 'halt-and-lease.pml');
const mutants = readFileSync(join(folder, 'mutants.txt'), 'utf8').trim().split('\n');
const isJson = process.argv.includes('--json');

for (const [program, packageName] of [
  ['spin', 'spin'],
  ['cc', 'gcc'],
]) {
  if (spawnSync(program, ['--version']).error === undefined) continue;
  process.stderr.write(`NOT TESTED here: the model needs the program ${program} (package ${packageName})\n`);
  // Where nothing may be missing, missing is wrong.
  process.exit(process.env.LEASH_REQUIRE_ALL ? 1 : 0);
}

const startedAtMs = performance.now();
const found = [];
const missed = [];
let faithful;
const waiting = [
  async () => {
    faithful = await check();
  },
  ...mutants.map((mutant) => async () => {
    ((await check(mutant)).claim === undefined ? missed : found).push(mutant);
  }),
];
await Promise.all(Array.from({ length: availableParallelism() }, work));
const result = {
  states: faithful.states,
  depth: faithful.depth,
  violation: faithful.claim ?? null,
  complete: faithful.isComplete,
  mutants: mutants.length,
  found: found.length,
  missed,
  seconds: Math.round((performance.now() - startedAtMs) / 1000),
};
if (isJson) process.stdout.write(`${JSON.stringify(result, null, 2)}\n`);
else {
  const outcome = result.violation ?? (result.complete ? 'every claim holds' : 'the search was not complete');
  process.stdout.write(`halt and lease: ${result.states} states, ${outcome}\n`);
  process.stdout.write(
    `mutants found: ${found.length} of ${mutants.length}${missed.map((name) => `\nmissed: ${name}`).join('')}\n`,
  );
}
process.exit(result.violation === null && result.complete && missed.length === 0 ? 0 : 1);

async function work() {
  for (let next = waiting.shift(); next; next = waiting.shift()) await next();
}

/** A mutant is searched until the first claim that fails. */
async function check(mutant) {
  const place = mkdtempSync(join(tmpdir(), 'leash-model-'));
  try {
    await run(place, 'spin', [...(mutant === undefined ? [] : [`-D${mutant}`]), '-a', model]);
    // spin's own output, which newer compilers warn about.
    await run(place, 'cc', ['-O1', '-w', '-DSAFETY', '-DVECTORSZ=1024', '-o', 'pan', 'pan.c']);
    const output = await run(place, './pan', ['-m100000']);
    return {
      claim: /^pan:1: (.*) \(at depth/m.exec(output)?.[1]?.trim(),
      states: Number(/(\d+) states, stored/.exec(output)?.[1] ?? 0),
      depth: Number(/depth reached (\d+)/.exec(output)?.[1] ?? 0),
      isComplete: /errors: 0/.test(output) && !output.includes('Search not completed'),
    };
  } finally {
    rmSync(place, { recursive: true, force: true });
  }
}

async function run(cwd, program, args) {
  const { stdout } = await promisify(execFile)(program, args, { cwd, maxBuffer: 2 ** 26 });
  return stdout;
}
