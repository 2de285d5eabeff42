import { PassThrough } from 'node:stream';
import { expect, test } from 'vitest';
import { formatTable } from '../../../../coordinator/cli/table.ts';
import { createTerminal } from '../../../../coordinator/cli/terminal.ts';
import { bad, plainText, type Text } from '../../../../coordinator/cli/text.ts';

/** What a terminal of this environment is shown. */
function shown(isTTY: boolean, environment: NodeJS.ProcessEnv, print: (line: (...parts: Text[]) => void) => void) {
  const out = Object.assign(new PassThrough(), { isTTY, columns: 80 }) as unknown as NodeJS.WriteStream;
  const terminal = createTerminal({ out, error: out, environment });
  print(terminal.line);
  return String(out.read());
}

const printRed = (line: (...parts: Text[]) => void): void => line('a ', bad('b'));

test('colour is for terminals, and NO_COLOR is honoured', () => {
  expect(shown(true, {}, printRed)).toBe('a \u001b[31mb\u001b[39m\n');
  expect(shown(true, { NO_COLOR: '1' }, printRed)).toBe('a b\n');
  expect(shown(true, { TERM: 'dumb' }, printRed)).toBe('a b\n');
  expect(shown(false, {}, printRed)).toBe('a b\n');
});

test('text from elsewhere cannot drive the terminal, also inside our own style', () => {
  const evil = 'x\u001b]0;owned\u0007\r\u202Ey';
  const cleaned = 'x\\u{1b}]0;owned\\u{7}\\u{d}\\u{202e}y';
  expect(shown(true, {}, (line) => line(evil))).toBe(`${cleaned}\n`);
  expect(shown(true, {}, (line) => line(bad(evil)))).toBe(`\u001b[31m${cleaned}\u001b[39m\n`);
});

const columns = [{ title: 'NAME' }, { title: 'MS', align: 'right' }, { title: 'WHY' }] as const;
const rows = [
  ['a'.repeat(60), '5', 'one two three four five six seven eight nine ten'],
  ['b', '1234', ''],
];

function lines(width: number): readonly string[] {
  return formatTable(columns, rows, width).map((parts) => parts.map(plainText).join(''));
}

test('a table fits the width: columns are cut, the last one wraps and loses nothing', () => {
  const narrow = lines(60);
  expect(Math.max(...narrow.map((line) => line.length))).toBeLessThanOrEqual(60);
  expect(narrow.join(' ').replace(/\s+/g, ' ')).toContain('…');
  for (const word of ['one', 'five', 'ten']) expect(narrow.join(' ')).toContain(word);
});

test('a table in a pipe is one whole line a row', () => {
  expect(lines(Number.POSITIVE_INFINITY)).toHaveLength(3);
  expect(lines(Number.POSITIVE_INFINITY)[1]).toBe(`${'a'.repeat(60)}     5  ${rows[0]?.[2]}`);
});
