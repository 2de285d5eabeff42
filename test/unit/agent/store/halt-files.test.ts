import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { type HaltFileWatch, isHaltFilePresent, watchHaltFiles } from '../../../../agent/store/halt-files.ts';
import { makeDirectory, type TestDirectory } from './directory.ts';

let directory: TestDirectory;
let paths: readonly [string, string];
let watching: HaltFileWatch | undefined;
beforeEach(() => {
  directory = makeDirectory();
  paths = [join(directory.path, 'HALT'), join(directory.path, 'later/HALT')];
});
afterEach(() => {
  watching?.close();
  directory.remove();
});

test('a halt file is there as soon as anything has its name', () => {
  expect(isHaltFilePresent(paths)).toBe(false);
  symlinkSync('/nonexistent', paths[0]);
  expect(isHaltFilePresent(paths)).toBe(true);
});

test('a path that cannot be looked at counts as there', () => {
  expect(isHaltFilePresent([`/${'x'.repeat(300)}`])).toBe(true);
});

test('a file that appears is told once, and again after it was taken away', async () => {
  const told: string[] = [];
  watching = watchHaltFiles(paths, (path) => told.push(path), 20);
  expect(told).toEqual([]);
  writeFileSync(paths[0], '');
  await vi.waitFor(() => expect(told).toEqual([paths[0]]), { timeout: 4000 });
  writeFileSync(paths[0], 'changed');
  rmSync(paths[0]);
  mkdirSync(join(directory.path, 'later'));
  await vi.waitFor(
    () => {
      writeFileSync(paths[1], '');
      expect(told).toEqual([paths[0], paths[1]]);
      rmSync(paths[1], { force: true });
    },
    { timeout: 4000 },
  );
});

test('a file that is there already is told at once', () => {
  writeFileSync(paths[0], '');
  const told: string[] = [];
  watching = watchHaltFiles(paths, (path) => told.push(path));
  expect(told).toEqual([paths[0]]);
});

test('inotify tells of a file without the poll', async () => {
  const told: string[] = [];
  watching = watchHaltFiles(paths, (path) => told.push(path), 3_600_000);
  writeFileSync(paths[0], '');
  await vi.waitFor(() => expect(told).toEqual([paths[0]]), { timeout: 4000 });
});
