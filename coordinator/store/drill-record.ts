/** When every host last confirmed a rehearsal of the halt: a small file beside the database. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { replaceFile } from '../../shared/durable-file.ts';
import type { Store } from '../engine/ports.ts';

export type DrillRecord = Pick<Store, 'haltDrilledAtUnixMs' | 'noteHaltDrill'>;

export function createDrillRecord(directory: string): DrillRecord {
  const path = join(directory, 'halt-drilled-at');
  return {
    async haltDrilledAtUnixMs() {
      // One that is missing or cannot be read counts as never: the remedy is another rehearsal.
      const text = await readFile(path, 'utf8').catch(() => '');
      return /^\d{1,15}\n$/.test(text) ? Number(text) : undefined;
    },
    noteHaltDrill: (atUnixMs) => replaceFile(path, `${Math.round(atUnixMs)}\n`),
  };
}
