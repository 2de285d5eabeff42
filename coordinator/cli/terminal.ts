/** Where a command writes: results on standard output, remarks on standard error, one document when asked for JSON. */
import { styleText } from 'node:util';
import { formatTable, type TableColumn } from './table.ts';
import { plainText, type Text } from './text.ts';

export interface Terminal {
  readonly isTerminal: boolean;
  /** Infinity in a pipe: a tool that reads lines wants them whole. */
  readonly columns: number;
  line(...parts: readonly Text[]): void;
  table(columns: readonly TableColumn[], rows: readonly (readonly Text[])[]): void;
  /** The one document of a command that was asked for JSON. */
  document(value: unknown): void;
  /** Text that is a document in itself, as it is. */
  raw(text: string): void;
  /** To standard error, also when standard output carries JSON. */
  remark(...parts: readonly Text[]): void;
  /** What to do when the reader of standard output has gone (EPIPE): by default the process ends. */
  whenReaderGone(action: () => void): void;
}

export interface TerminalStreams {
  readonly out: NodeJS.WriteStream;
  readonly error: NodeJS.WriteStream;
  readonly environment: NodeJS.ProcessEnv;
}

export function createTerminal({ out, error, environment }: TerminalStreams): Terminal {
  let readerGone = (): void => process.exit(0);
  let isGone = false;
  out.on('error', (problem: NodeJS.ErrnoException) => {
    if (problem.code !== 'EPIPE') throw problem;
    isGone = true;
    readerGone();
  });
  error.on('error', () => {});
  const columns = Number(environment.COLUMNS) || (out.isTTY ? out.columns || 80 : Number.POSITIVE_INFINITY);
  const write = (stream: NodeJS.WriteStream, parts: readonly Text[]): void => {
    if (stream === out && isGone) return;
    stream.write(`${parts.map((part) => paint(part, hasColour(stream, environment))).join('')}\n`);
  };
  return {
    isTerminal: out.isTTY === true,
    columns,
    line: (...parts) => write(out, parts),
    table(tableColumns, rows) {
      for (const parts of formatTable(tableColumns, rows, columns)) write(out, parts);
    },
    document(value) {
      if (!isGone) out.write(`${JSON.stringify(value, null, out.isTTY ? 2 : undefined)}\n`);
    },
    raw(text) {
      if (!isGone) out.write(text);
    },
    remark: (...parts) => write(error, parts),
    whenReaderGone(action) {
      readerGone = action;
    },
  };
}

/** https://no-color.org: set and not empty means no colour. */
function hasColour(stream: NodeJS.WriteStream, environment: NodeJS.ProcessEnv): boolean {
  return stream.isTTY === true && !environment.NO_COLOR && environment.TERM !== 'dumb';
}

function paint(part: Text, withColour: boolean): string {
  if (typeof part === 'string' || !withColour) return plainText(part);
  return styleText(part.style, plainText(part), { validateStream: false });
}
