/** What SQLite says when its disk fails is told with where and what to do: "disk I/O error" by itself helps nobody. */

interface Statement {
  readonly reader: boolean;
  all(parameters: readonly unknown[]): unknown[];
  run(parameters: readonly unknown[]): unknown;
  iterate(parameters: readonly unknown[]): unknown;
}

interface Connection {
  prepare(sql: string): Statement;
  close(): void;
}

/** Of the disk, or of its file system; what else SQLite says no to is a mistake of ours, and is told as it is. */
const diskCodes = /^SQLITE_(?:IOERR|READONLY|FULL|CANTOPEN|CORRUPT)/;

export function withToldFailures(connection: Connection, directory: string): Connection {
  const told = <Result>(act: () => Result): Result => {
    try {
      return act();
    } catch (error) {
      const { code = '', message } = error as Error & { readonly code?: string };
      if (!diskCodes.test(code)) throw error;
      const remedy = `see to the disk of ${directory}; leash halt works without it`;
      throw new Error(`the store takes nothing (${message}, ${code}): ${remedy}`, { cause: error });
    }
  };
  return {
    close: () => connection.close(),
    prepare(sql) {
      const statement = told(() => connection.prepare(sql));
      return {
        reader: statement.reader,
        all: (parameters) => told(() => statement.all(parameters)),
        run: (parameters) => told(() => statement.run(parameters)),
        iterate: (parameters) => told(() => statement.iterate(parameters)),
      };
    },
  };
}
