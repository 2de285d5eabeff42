/** What SQLite says when its disk fails is told with where and what to do: "disk I/O error" by itself helps nobody. */

/** Of the disk, or of its file system; what else SQLite says no to is a mistake of ours, and is told as it is. */
const diskCodes = /^SQLITE_(?:IOERR|READONLY|FULL|CANTOPEN|CORRUPT)/;

export function toldFailure(error: unknown, directory: string): string {
  const { code = '', message } = error as Error & { readonly code?: string };
  if (!diskCodes.test(code)) return message;
  return `the store takes nothing (${message}, ${code}): ${remedyOf(directory)}`;
}

export function remedyOf(directory: string): string {
  return `see to the disk of ${directory}; leash halt works without it`;
}
