/** Lines out of chunks, with a limit: a peer that never ends its line is cut off. */

/** @throws Error for a line that is longer than `lengthMax`. Not a byte of it is kept then. */
export function createLineReader(lengthMax: number, onLine: (line: string) => void): (chunk: string) => void {
  let pending = '';
  return (chunk) => {
    const lines = (pending + chunk).split('\n');
    pending = lines.pop() ?? '';
    if (pending.length > lengthMax || lines.some((line) => line.length > lengthMax)) {
      pending = '';
      throw new Error(`a line of more than ${lengthMax} characters`);
    }
    for (const line of lines) onLine(line);
  };
}
