/** What the selftest prints for people, within 80 columns. */
import type { Attempt, PromiseName } from './attempt.ts';

export interface Tried {
  readonly attempt: Attempt;
  /** In milliseconds: of the attempt, or what is promised of a host that is overloaded. */
  readonly bound: number | undefined;
  readonly verdict: 'pass' | 'fail' | 'not-tried';
  readonly measuredMs: number | undefined;
  /** Why it failed or was not tried. */
  readonly seen: string;
}

const columns = 80;
const nameColumns = 46;
const indent = '      ';

const words = { pass: 'PASS', fail: 'FAIL', 'not-tried': '-' } as const;

export function heading(promise: PromiseName): string {
  return `${promise}\n`;
}

export function line({ attempt, bound: boundMs, verdict, measuredMs, seen }: Tried): string {
  const measured = measuredMs === undefined ? '' : `${measuredMs.toFixed(1)} ms`;
  const bound = boundMs === undefined ? '' : `of ${boundMs} ms`;
  const first = `${words[verdict].padEnd(indent.length)}${attempt.name.padEnd(nameColumns)}${measured.padStart(11)}${bound.padStart(12)}`;
  const why = verdict === 'not-tried' ? `not tried: ${seen}` : seen;
  return `${[first.trimEnd(), ...(why === '' ? [] : wrapped(why))].join('\n')}\n`;
}

export function summary(tried: readonly Tried[], seconds: number): string {
  const count = (verdict: Tried['verdict']): number => tried.filter((each) => each.verdict === verdict).length;
  const notTried = count('not-tried');
  const rest = notTried === 0 ? '' : `, ${notTried} not tried`;
  return `\n${count('pass')} passed, ${count('fail')} failed${rest}, in ${seconds} s; nothing was left behind\n`;
}

function wrapped(text: string): readonly string[] {
  const lines: string[] = [];
  let current = indent;
  for (const word of text.split(/\s+/)) {
    if (current.length + 1 + word.length > columns && current.trim() !== '') {
      lines.push(current.trimEnd());
      current = indent;
    }
    current += current === indent ? word : ` ${word}`;
  }
  return [...lines, current.trimEnd()];
}
