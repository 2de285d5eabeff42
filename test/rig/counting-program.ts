/** A program that writes down each time it was run, for a host's policy to list. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestDirectory } from './directory.ts';

export interface CountingProgram {
  readonly path: string;
  /** The first argument of each time, in order. */
  runs(): readonly string[];
}

/** @param lastsSeconds how long it takes each time. */
export function makeCountingProgram(directory: TestDirectory, name: string, lastsSeconds = 0): CountingProgram {
  const path = join(directory.path, name);
  const record = `${path}.runs`;
  writeFileSync(record, '');
  writeFileSync(path, `#!/bin/sh\necho "$1" >> '${record}'\nexec sleep ${lastsSeconds}\n`, { mode: 0o700 });
  return { path, runs: () => readFileSync(record, 'utf8').split('\n').filter(Boolean) };
}
