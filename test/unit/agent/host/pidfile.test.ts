import { chmodSync, chownSync, mkdirSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ProcessFacts } from '../../../../agent/core/process.ts';
import { readPidfile } from '../../../../agent/host/pidfile.ts';
import { makeTestDirectory, type TestDirectory } from '../../../rig/directory.ts';
import { unlessUnprivileged } from '../../../rig/requirement.ts';
import { processOf } from '../processes.ts';

const bootAtUnixMs = 1_700_000_000_000;
const startedAtBootMs = 5000;
const ownUid = process.getuid?.() ?? 0;

let directory: TestDirectory;
let path: string;
let daemon: ProcessFacts;

beforeEach(() => {
  directory = makeTestDirectory();
  path = join(directory.path, 'app.pid');
  const base = processOf(123, { name: 'daemon', uid: ownUid });
  daemon = { ...base, identity: { ...base.identity, startTimeTicks: startedAtBootMs / 10 } };
  write('123\n');
});
afterEach(() => directory.remove());

/** @param afterStartMs when, seen from the start of the process. */
function write(content: string, afterStartMs = 0, to = path): void {
  writeFileSync(to, content, { mode: 0o644 });
  const seconds = (bootAtUnixMs + startedAtBootMs + afterStartMs) / 1000;
  utimesSync(to, seconds, seconds);
}

async function answer(of = path): Promise<number | string> {
  const found = await readPidfile(of, {
    processOf: (pid) => (pid === 123 ? daemon : undefined),
    bootMs: () => 60_000,
    unixMs: () => bootAtUnixMs + 60_000,
  });
  return typeof found === 'number' ? found : `${found.reason}: ${found.message}`;
}

test('a pidfile means the process whose pid it holds', async () => {
  expect(await answer()).toBe(123);
  write(' 123 \r\n');
  expect(await answer()).toBe(123);
});

test('a pidfile that was written before its process started is stale, by however little', async () => {
  write('123', -25);
  expect(await answer()).toMatch(/^pidfile-stale: the pidfile .* is stale: process 123 \(daemon\) started 25 ms after/);
  write('123', -86_400_000);
  expect(await answer()).toMatch(/^pidfile-stale/);
});

test('a pidfile that was written in the tick of the start is not: clocks of the kernel are that coarse', async () => {
  write('123', -15);
  expect(await answer()).toBe(123);
});

test('a pidfile whose process is gone is stale', async () => {
  write('124');
  expect(await answer()).toMatch(/^pidfile-stale: .* process 124, which it names, is gone/);
});

test.each(['', 'x', '-1', '0', '4194305', '123 124', '123\n124\n', '0x7b', `${' '.repeat(70)}123`, '123\0'])(
  'a pidfile that holds %j is refused, and its content is not repeated',
  async (content) => {
    write(content);
    expect(await answer()).toBe(
      `pidfile-unusable: the pidfile ${path} cannot be used: it does not hold one pid and nothing else`,
    );
  },
);

test('a pidfile is never found by a symbolic link, nor by anything that is no file', async () => {
  const link = join(directory.path, 'link.pid');
  symlinkSync(path, link);
  expect(await answer(link)).toMatch(/pidfile-unusable: .* symbolic link/);
  expect(await answer(directory.path)).toMatch(/pidfile-unusable: .* no regular file/);
  expect(await answer('/dev/null')).toMatch(/pidfile-unusable: .* no regular file/);
  expect(await answer(join(directory.path, 'missing'))).toMatch(/pidfile-unusable: .* \(ENOENT\)/);
});

test('a pidfile that everyone may write is refused', async () => {
  chmodSync(path, 0o666);
  expect(await answer()).toMatch(/pidfile-unusable: .* everyone may write it/);
});

unlessUnprivileged()('root may name any process in a pidfile, and anyone else only his own', async () => {
  daemon = { ...daemon, uid: 4711 };
  expect(await answer()).toBe(123);
  chownSync(path, 4711, 4711);
  expect(await answer()).toBe(123);
  daemon = { ...daemon, uid: 0 };
  expect(await answer()).toMatch(/pidfile-unusable: .* uid 4711 owns it, and process 123 is of uid 0/);
});

test('a directory in the way is followed as the host has it, like /var/run', async () => {
  mkdirSync(join(directory.path, 'run'));
  symlinkSync(join(directory.path, 'run'), join(directory.path, 'var-run'));
  write('123', 0, join(directory.path, 'run/app.pid'));
  expect(await answer(join(directory.path, 'var-run/app.pid'))).toBe(123);
  rmSync(join(directory.path, 'run'), { recursive: true });
});
