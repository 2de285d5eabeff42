/** Tables of plain columns. Where the terminal is narrow the widest columns are cut; the last one wraps instead. */
import { plainText, type Text } from './text.ts';

export interface TableColumn {
  readonly title: string;
  readonly align?: 'right';
}

const gap = '  ';
const columnMin = 6;

/** @param width of the terminal; Infinity cuts and wraps nothing. */
export function formatTable(
  columns: readonly TableColumn[],
  rows: readonly (readonly Text[])[],
  width: number,
): readonly (readonly Text[])[] {
  const natural = columns.map((column, index) =>
    Math.max(column.title.length, ...rows.map((row) => plainText(row[index] ?? '').length)),
  );
  const widths = fitted(natural, width - gap.length * (columns.length - 1));
  const header = columns.map((column): Text => ({ text: column.title, style: 'dim' }));
  return [header, ...rows].flatMap((row) => rowLines(row, columns, widths));
}

/** Takes a character at a time from the widest column, until all fit or none can give more. */
function fitted(natural: readonly number[], available: number): readonly number[] {
  const widths = [...natural];
  let excess = widths.reduce((sum, width) => sum + width, 0) - available;
  while (excess > 0 && Number.isFinite(excess)) {
    const widest = Math.max(...widths);
    if (widest <= columnMin) break;
    widths[widths.indexOf(widest)] = widest - 1;
    excess--;
  }
  return widths;
}

function rowLines(
  row: readonly Text[],
  columns: readonly TableColumn[],
  widths: readonly number[],
): readonly (readonly Text[])[] {
  const last = columns.length - 1;
  const lastLines = wrapped(plainText(row[last] ?? ''), widths[last] ?? 0);
  return lastLines.map((lastLine, lineIndex) =>
    columns.flatMap((column, index): readonly Text[] => {
      const width = widths[index] ?? 0;
      const whole = index === last ? lastLine : lineIndex === 0 ? plainText(row[index] ?? '') : '';
      const text = whole.length > width ? `${whole.slice(0, width - 1)}…` : whole;
      const padding = ' '.repeat(width - text.length);
      const cell = withStyle(row[index], text);
      const isLastText = index === last && column.align !== 'right';
      if (column.align === 'right') return [padding, cell, ...(index === last ? [] : [gap])];
      return isLastText ? [cell] : [cell, padding, gap];
    }),
  );
}

function withStyle(original: Text | undefined, text: string): Text {
  return typeof original === 'object' ? { text, style: original.style } : text;
}

/** At spaces where there are some. */
function wrapped(text: string, width: number): readonly string[] {
  if (text.length <= width || width < 1) return [text];
  const space = text.lastIndexOf(' ', width);
  const end = space > width / 2 ? space : width;
  return [text.slice(0, end), ...wrapped(text.slice(end).trimStart(), width)];
}
