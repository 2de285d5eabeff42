// npm run -s deaths -- [ROUNDS]: the test of booted hosts, so many times over, and its figures as one JSON document.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const [rounds = '1'] = process.argv.slice(2);
if (!/^[1-9]\d{0,3}$/.test(rounds)) {
  process.stderr.write(`${rounds}: must be a number of rounds, 1 to 9999\n`);
  process.exit(2);
}
const folder = mkdtempSync(join(tmpdir(), 'leash-deaths-'));
const documentPath = join(folder, 'deaths.json');
try {
  const vitest = join(root, 'node_modules/vitest/vitest.mjs');
  const what = ['run', '--config', 'test/vitest.config.ts', '--project', 'booted', 'deaths.test.ts'];
  const { status } = spawnSync(process.execPath, [vitest, ...what], {
    cwd: root,
    stdio: ['ignore', 2, 2],
    env: { ...process.env, LEASH_REQUIRE_ALL: '1', LEASH_DEATHS_ROUNDS: rounds, LEASH_DEATHS_DOCUMENT: documentPath },
  });
  // A run that did not pass has none.
  if (status === 0 && existsSync(documentPath)) process.stdout.write(readFileSync(documentPath));
  process.exitCode = status ?? 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
