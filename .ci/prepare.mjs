// Installs what is missing and builds, so that `npm run demo` and `npm test` are first commands on a fresh clone.
// Everything it prints goes to standard error: standard output belongs to the command that follows.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19))
  fail(`Leash needs Node 20.19 or later; this is ${process.versions.node}`);
if (process.platform !== 'linux') fail(`Leash runs on Linux; this is ${process.platform}`);

if (isStale()) {
  say('installing dependencies (npm ci --ignore-scripts)…');
  run('npm', ['ci', '--ignore-scripts', '--no-fund', '--no-audit']);
}
if (process.argv.includes('--build')) build();

/** Only what has changed is built again: a program that runs for hours finds its bundles as they were. */
function build() {
  const record = join(root, 'dist/.built-from');
  const sources = digestOfSources();
  if (existsSync(record) && readFileSync(record, 'utf8') === sources) return;
  run(process.execPath, [join(root, 'node_modules/tsup/dist/cli-default.js'), '--config', '.tsup.mjs', '--silent']);
  writeFileSync(record, sources);
}

function digestOfSources() {
  const hash = createHash('sha256');
  const add = (path) =>
    hash
      .update(`${path}\0`)
      .update(readFileSync(join(root, path)))
      .update('\0');
  for (const name of ['package-lock.json', 'tsconfig.json', '.tsup.mjs']) add(name);
  for (const folder of ['agent', 'coordinator', 'proto', 'shared', 'systemd', 'test']) {
    const names = readdirSync(join(root, folder), { recursive: true });
    // What was measured is no source.
    const isSource = (name) => /\.(ts|mjs|json|proto)$/.test(name) && !name.startsWith('results/');
    for (const name of names.filter(isSource).sort()) add(join(folder, name));
  }
  return hash.digest('hex');
}

function isStale() {
  const installed = join(root, 'node_modules/.package-lock.json');
  return !existsSync(installed) || statSync(installed).mtimeMs < statSync(join(root, 'package-lock.json')).mtimeMs;
}

function run(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ['ignore', 2, 2] });
  if (status !== 0) fail(`${command} ${args.join(' ')} failed${error ? `: ${error.message}` : ''}`);
}

function say(message) {
  process.stderr.write(`leash: ${message}\n`);
}

function fail(message) {
  say(message);
  process.exit(1);
}
