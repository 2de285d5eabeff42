/** A private directory of a test, removed with everything in it. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface TestDirectory {
  readonly path: string;
  /** A subdirectory that only its owner may enter. */
  sub(name: string): string;
  remove(): void;
}

export function makeTestDirectory(): TestDirectory {
  const path = mkdtempSync(join(tmpdir(), 'leash-test-'));
  return {
    path,
    sub(name) {
      const directory = join(path, name);
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      return directory;
    },
    remove: () => rmSync(path, { recursive: true, force: true }),
  };
}
