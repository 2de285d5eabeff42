/**
 * Tests that need a program say so, loudly, where it is missing; where LEASH_REQUIRE_ALL is set, as in CI, they fail.
 */
import { accessSync, constants } from 'node:fs';
import { it } from 'vitest';

const folders = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

export function findProgram(name: string): string | undefined {
  return folders.map((folder) => `${folder}/${name}`).find(isExecutable);
}

/** @param packageName what to install, for the message. */
export function unlessMissing(program: string, packageName: string): typeof it | typeof it.skip {
  return unless(findProgram(program) !== undefined, `the program ${program} (package ${packageName})`);
}

export function unlessUnprivileged(): typeof it | typeof it.skip {
  return unless(process.getuid?.() === 0, 'root');
}

export function unless(isMet: boolean, need: string): typeof it | typeof it.skip {
  if (isMet || process.env.LEASH_REQUIRE_ALL) return it;
  process.stderr.write(`NOT TESTED here, for want of ${need}\n`);
  return it.skip;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
