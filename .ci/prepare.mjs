// Installs what is missing and builds, so that `npm run demo` and `npm test` are first commands on a fresh clone.
// Everything it prints goes to standard error: standard output belongs to the command that follows.
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
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
if (process.argv.includes('--build'))
  run(process.execPath, [join(root, 'node_modules/tsup/dist/cli-default.js'), '--config', '.tsup.mjs', '--silent']);

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
