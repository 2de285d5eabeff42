/** What is wrong with an experiment file: every place at once, each with its line and column. */

export interface FileProblem {
  readonly file: string;
  /** From 1. */
  readonly line: number;
  /** From 1, in UTF-16 units, as editors count. */
  readonly column: number;
  readonly message: string;
}

/** Thrown for a file that is not an experiment; it has at least one problem, and they are in the order of the file. */
export class FileProblems extends Error {
  readonly problems: readonly FileProblem[];

  constructor(problems: readonly FileProblem[]) {
    const ordered = [...problems].sort((one, other) => one.line - other.line || one.column - other.column);
    super(ordered.map(formatFileProblem).join('\n'));
    this.name = 'FileProblems';
    this.problems = ordered;
  }
}

export function formatFileProblem({ file, line, column, message }: FileProblem): string {
  return `${file}:${line}:${column}: ${message}`;
}

/** A value as a message shows it, cut to a line. */
export function shown(value: unknown): string {
  if (value === undefined || value === null || value === '') return 'nothing';
  if (Array.isArray(value)) return 'a list';
  if (typeof value === 'object') return 'a mapping';
  const json = typeof value === 'string' ? JSON.stringify(value) : String(value);
  return json.length > 60 ? `${json.slice(0, 59)}…` : json;
}
