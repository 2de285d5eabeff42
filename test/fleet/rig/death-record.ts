/** How long it took until what was held was let go of, for each death; and the table and the document of it. */
import { writeFileSync } from 'node:fs';
import { type Spread, spreadOf } from '../../bench/figures.ts';

export interface LetGo {
  /** Milliseconds from before the act until nothing of what the kernel binds was seen any more. */
  readonly kernelMs: number;
  /** The same of what the journal has. */
  readonly journalMs: number;
}

export interface DeathRecord {
  /** @param key its name in the document. */
  add(key: string, name: string, times: readonly LetGo[]): void;
  /** Milliseconds of something else that was done on the way, for the document. */
  note(key: string, tookMs: number): void;
  /** As Markdown. */
  table(): string;
  /** One JSON document. */
  save(path: string): void;
}

interface Row {
  readonly name: string;
  readonly times: LetGo[];
}

export function createDeathRecord(hosts: number): DeathRecord {
  const rows = new Map<string, Row>();
  const notes = new Map<string, number>();
  const spreads = ({ times }: Row): { trials: number; kernel: Spread; journal: Spread } => ({
    trials: times.length,
    kernel: spreadOf(times.map(({ kernelMs }) => kernelMs)),
    journal: spreadOf(times.map(({ journalMs }) => journalMs)),
  });
  return {
    add(key, name, times) {
      const row = rows.get(key) ?? { name, times: [] };
      row.times.push(...times);
      rows.set(key, row);
    },
    note: (key, tookMs) => void notes.set(key, Math.round(tookMs)),
    table() {
      const lines = [...rows.values()].map((row) => {
        const { trials, kernel, journal } = spreads(row);
        return `| ${row.name} | ${trials} | ${cell(kernel)} | ${cell(journal)} |`;
      });
      const head = ['| in the middle of faults | trials | kernel-bound | journal-bound |', '|---|---|---|---|'];
      return [...head, ...lines, ''].join('\n');
    },
    save(path) {
      const deaths = Object.fromEntries([...rows].map(([key, row]) => [key, { name: row.name, ...spreads(row) }]));
      // A test that leaves anything behind fails, and then there is no document.
      const document = { hosts, leftBehind: 0, ...Object.fromEntries(notes), deaths };
      writeFileSync(path, `${JSON.stringify(document, null, 2)}\n`);
    },
  };
}

function cell({ p50Ms, maxMs }: Spread): string {
  return `p50 ${Math.round(p50Ms)}, max ${Math.round(maxMs)} ms`;
}
