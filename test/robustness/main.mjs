// The robustness table, made from results:
//   npm run robustness                                   writes test/ROBUSTNESS.md from test/results/*.json
//   npm run robustness -- record NAME COMMAND …          runs a command that prints one JSON document, and keeps it as
//                                                        test/results/NAME.json with date, machine and commit
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism, release, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ms } from './figures.mjs';
import { rows } from './rows.mjs';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const folder = join(root, 'test/results');
const page = join(root, 'test/ROBUSTNESS.md');
const [verb, name, ...command] = process.argv.slice(2);

if (verb === 'record') record(name, command);
else if (verb === undefined) generate();
else {
  process.stderr.write('npm run robustness [-- record NAME COMMAND …]\n');
  process.exit(2);
}

function record(resultName, [program, ...args]) {
  if (!/^[a-z0-9-]+$/.test(resultName ?? '') || program === undefined) throw new Error('record NAME COMMAND …');
  const startedAt = new Date().toISOString();
  const { status, stdout, error } = spawnSync(program, args, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
    maxBuffer: 2 ** 28,
  });
  const result = documentIn(stdout ?? '');
  if (result === undefined)
    throw new Error(`${program} printed no JSON document: ${error?.message ?? `exit code ${status}`}`);
  const kept = {
    name: resultName,
    command: [program, ...args].join(' '),
    exitCode: status,
    startedAt,
    ...provenance(),
    result,
  };
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, `${resultName}.json`), `${JSON.stringify(kept, null, 2)}\n`);
  process.exitCode = status === 0 ? 0 : 1;
}

/** npm says what it runs before the document begins. */
function documentIn(text) {
  for (let begin = text.indexOf('{'); begin !== -1; begin = text.indexOf('\n{', begin + 1)) {
    try {
      return JSON.parse(text.slice(begin));
    } catch {
      // Not yet.
    }
  }
  return undefined;
}

function provenance() {
  const git = (...args) => spawnSync('git', args, { cwd: root, encoding: 'utf8' }).stdout?.trim() ?? '';
  const model = /^model name\s*:\s*(.*)$/m.exec(readFileSync('/proc/cpuinfo', 'utf8'))?.[1] ?? 'unknown';
  return {
    commit: `${git('rev-parse', '--short=12', 'HEAD')}${git('status', '--porcelain', '-uno') === '' ? '' : ' and uncommitted changes'}`,
    machine: {
      kernel: release(),
      processors: `${availableParallelism()} × ${model}`,
      memoryGiB: Math.round(totalmem() / 2 ** 30),
      node: process.version,
      user: process.getuid() === 0 ? 'root' : `uid ${process.getuid()}`,
    },
  };
}

function generate() {
  const results = existsSync(folder) ? readResults() : {};
  const seen = Object.values(results);
  const lines = [
    '# Robustness',
    '',
    'Made by `npm run robustness` from the results in `test/results/`; do not edit. Every figure was measured by the command',
    'beside it; what has no result says so. S1 to S20 are the invariants that the simulation checks after every step and the',
    'storm after every round.',
    '',
    '## Results',
    '',
    ...(seen.length > 0 ? resultTable(seen) : ['None yet.']),
    '',
    '## Invariants',
    '',
    '| | claim | checked by | measured | bound | not tested |',
    '|---|---|---|---|---|---|',
    ...rows.map((row) => rowLine(row, results)),
    '',
    ...deathTable(results.deaths?.result),
  ];
  writeFileSync(page, lines.join('\n'));
  const measured = rows.filter((row) => row.figures.some((figure) => figure(results) !== undefined)).length;
  process.stdout.write(
    `test/ROBUSTNESS.md: ${measured} of ${rows.length} rows have a figure, from ${seen.length} results\n`,
  );
}

/** Also documents that were put there as they were printed; of these, nobody knows when and where. */
function readResults() {
  const results = {};
  for (const file of readdirSync(folder).sort()) {
    if (!file.endsWith('.json')) continue;
    const document = JSON.parse(readFileSync(join(folder, file), 'utf8'));
    const resultName = file.slice(0, -'.json'.length);
    results[resultName] =
      document.result === undefined ? { name: resultName, result: document } : { ...document, name: resultName };
  }
  return results;
}

function resultTable(seen) {
  return [
    '| result | command | seed | date | commit | machine |',
    '|---|---|---|---|---|---|',
    ...seen.map(({ name: resultName, command: text, startedAt, commit, machine, exitCode, result }) => {
      const where = machine
        ? `Linux ${machine.kernel}, ${machine.processors}, ${machine.memoryGiB} GiB, Node ${machine.node}, ${machine.user}`
        : 'not recorded';
      const failed = exitCode === undefined || exitCode === 0 ? '' : ` (exit code ${exitCode})`;
      return `| ${cells([resultName, `${text ? `\`${text}\`` : 'not recorded'}${failed}`, result.seed ?? '—', startedAt?.slice(0, 16).replace('T', ' ') ?? 'not recorded', commit ?? 'not recorded', where])} |`;
    }),
  ];
}

/** What `npm run deaths` measured: each on so many hosts at once, which share the machine. */
function deathTable(result) {
  if (result === undefined) return [];
  const row = ({ name: what, trials, kernel, journal }) => `| ${cells([what, trials, ms(kernel), ms(journal)])} |`;
  return [
    '## Booted hosts in the middle of faults',
    '',
    `${result.hosts} hosts with a systemd of their own, at once on this machine, and the real package: a paused redis, a burning`,
    'processor, a cut network and a process stopped by the journal. From before the act until nothing of it was seen.',
    `Installed by apt within ${result.installedMs} ms, joined within ${result.joinedMs} ms; \`leash halt\` in the middle of an experiment across them let go within ${result.fleetHaltedMs} ms.`,
    '',
    '| what happens | trials | kernel-bound | journal-bound |',
    '|---|---|---|---|',
    ...Object.values(result.deaths).map(row),
    '',
  ];
}

function rowLine({ id, claim, checks, figures, bound, untested }, results) {
  const measured = figures.map((figure) => figure(results)).filter((text) => text !== undefined);
  const places = checks.map((check) =>
    existsSync(join(root, check.replace(/^[^:]*: /, ''))) ? linked(check) : `${check} (**not there**)`,
  );
  return `| ${cells([id, claim, places.join('; '), measured.join('; ') || '*not measured*', bound, untested])} |`;
}

/** The page lies in test/. */
function linked(check) {
  const [kind, path] = check.split(': ');
  return `${kind}: [${path.replace(/^test\//, '')}](${path.replace(/^test\//, '')})`;
}

function cells(values) {
  return values.map((value) => String(value).replaceAll('|', '\\|')).join(' | ');
}
