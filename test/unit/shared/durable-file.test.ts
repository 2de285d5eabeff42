import {
  linkSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ensurePrivateDirectory, openAppendFile, openFixedFile, replaceFile } from '../../../shared/durable-file.ts';

let directory: string;
let path: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'leash-durable-'));
  path = join(directory, 'file');
});
afterEach(() => rmSync(directory, { recursive: true }));

function modeOf(name: string): number {
  return statSync(name).mode & 0o777;
}

describe('a replaced file', () => {
  test('has the new content, is private, and leaves nothing beside it', async () => {
    await replaceFile(path, 'old');
    await replaceFile(path, Buffer.from('new'));
    expect(readFileSync(path, 'utf8')).toBe('new');
    expect(modeOf(path)).toBe(0o600);
    expect(readdirSync(directory)).toEqual(['file']);
  });

  test('takes the place of a symbolic link instead of following it', async () => {
    const elsewhere = join(directory, 'elsewhere');
    writeFileSync(elsewhere, 'untouched');
    symlinkSync(elsewhere, path);
    await replaceFile(path, 'new');
    expect(readFileSync(elsewhere, 'utf8')).toBe('untouched');
    expect(statSync(path).isFile()).toBe(true);
  });

  test('that cannot be put in place leaves nothing beside it', async () => {
    await ensurePrivateDirectory(path);
    await expect(replaceFile(path, 'new')).rejects.toThrow();
    expect(readdirSync(directory)).toEqual(['file']);
  });
});

describe('a fixed file', () => {
  test('has all its blocks from the start, and is overwritten in place', async () => {
    const file = await openFixedFile(path, 64 * 1024);
    expect(file.isNew).toBe(true);
    expect(statSync(path).blocks * 512).toBeGreaterThanOrEqual(64 * 1024);
    await file.overwrite(4096, Buffer.from('here'));
    await expect(file.overwrite(64 * 1024 - 1, Buffer.from('no'))).rejects.toThrow(RangeError);
    await file.close();
    const again = await openFixedFile(path, 64 * 1024);
    expect(again.isNew).toBe(false);
    expect((await again.read(4094, 8)).toString('latin1')).toBe('\0\0here\0\0');
    await again.close();
    expect([statSync(path).size, modeOf(path)]).toEqual([64 * 1024, 0o600]);
  });

  test('that a crash left short is made whole, with what it had', async () => {
    writeFileSync(path, 'begun');
    const file = await openFixedFile(path, 4096);
    expect(file.isNew).toBe(true);
    expect((await file.read(0, 4096)).toString('latin1')).toBe(`begun${'\0'.repeat(4091)}`);
    await file.close();
  });

  test('is never reached through a link that someone else may have planted', async () => {
    const elsewhere = join(directory, 'elsewhere');
    writeFileSync(elsewhere, 'untouched');
    symlinkSync(elsewhere, path);
    await expect(openFixedFile(path, 4096)).rejects.toThrow(/ELOOP/);
    const hardLink = join(directory, 'hard-link');
    linkSync(elsewhere, hardLink);
    await expect(openFixedFile(hardLink, 4096)).rejects.toThrow(/one name/);
    expect(readFileSync(elsewhere, 'utf8')).toBe('untouched');
  });
});

test('an append file grows by what was appended, and goes on where it ended', async () => {
  const file = await openAppendFile(path);
  await file.append(Buffer.from('one\n'));
  await file.close();
  const again = await openAppendFile(path);
  expect(again.sizeBytes()).toBe(4);
  await again.append(Buffer.from('two\n'));
  await again.truncate(6);
  await again.append(Buffer.from('!'));
  expect((await again.read(0, 100)).toString()).toBe('one\ntw!');
  await again.close();
});

test('a relative path is refused', async () => {
  await expect(replaceFile('file', '')).rejects.toThrow(/absolute/);
  await expect(openFixedFile('file', 1)).rejects.toThrow(/absolute/);
  await expect(openAppendFile('file')).rejects.toThrow(/absolute/);
});
