/** A secret in a file of its own, read anew each time, so that it can be changed without a restart. */
import { readFile, stat } from 'node:fs/promises';

const secretBytesMax = 8192;

/** @throws Error for one that others may read, or that is no line of text. The secret is in no message. */
export async function readSecret(path: string): Promise<string> {
  const { mode, size } = await stat(path);
  if ((mode & 0o077) !== 0)
    throw new Error(`${path}: others may read it (mode ${(mode & 0o777).toString(8)}); chmod 600 ${path}`);
  if (size > secretBytesMax) throw new Error(`${path}: ${size} bytes, at most ${secretBytesMax} are read`);
  const text = (await readFile(path, 'utf8')).trim();
  if (!/^[\x21-\x7e]+$/.test(text)) throw new Error(`${path}: must hold one word of printable ASCII`);
  return text;
}
