/** The captured trees of test/fixtures/proc, with the links of their executables, which a checkout does not carry. */
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const fixtures = fileURLToPath(new URL('../../../fixtures/proc', import.meta.url));

/** @returns the root of a copy of its own. */
export function copyProcTree(name: string): { root: string; remove(): void } {
  const root = mkdtempSync(join(tmpdir(), 'leash-proc-'));
  cpSync(join(fixtures, name), root, { recursive: true });
  for (const path of readdirSync(root, { recursive: true, encoding: 'utf8' })) {
    if (!path.endsWith('exe.target')) continue;
    symlinkSync(readFileSync(join(root, path), 'utf8'), join(root, path.replace(/\.target$/, '')));
  }
  return { root, remove: () => rmSync(root, { recursive: true }) };
}

/** Whom the status file of a captured process names: the directories of a copy belong to whoever runs the tests. */
export function ownerByStatus(directory: string): { uid: number; gid: number } {
  const status = readFileSync(join(directory, 'status'), 'utf8');
  const effective = (field: string) => Number(new RegExp(`^${field}:\\t\\d+\\t(\\d+)`, 'm').exec(status)?.[1]);
  return { uid: effective('Uid'), gid: effective('Gid') };
}
