/** The file recipe: it is there, says what it should, and is not too old; a finished backup leaves such a file. */
import { open } from 'node:fs/promises';
import { formatDurationMs } from '../../proto/quantity.ts';
import type { Recipe, RecipeAnswer } from '../core/programme-rules.ts';

const bytesMax = 65_536;

/** Never rejects: what cannot be looked at is not good. */
export async function tryFile(recipe: Recipe & { kind: 'file' }, nowUnixMs: number): Promise<RecipeAnswer> {
  const { path, contains, newerThanMs } = recipe;
  try {
    const handle = await open(path, 'r');
    try {
      const ageMs = Math.max(0, Math.round(nowUnixMs - (await handle.stat()).mtimeMs));
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(bytesMax), 0, bytesMax, 0);
      const isThere = contains === undefined || buffer.toString('utf8', 0, bytesRead).includes(contains);
      if (!isThere) return { isGood: false, detail: `${path} does not contain ${JSON.stringify(contains)}` };
      const age = `${path} was written ${formatDurationMs(ageMs)} ago`;
      if (newerThanMs === undefined || ageMs <= newerThanMs) return { isGood: true, detail: age };
      return { isGood: false, detail: `${age}, at most ${formatDurationMs(newerThanMs)} allowed` };
    } finally {
      await handle.close();
    }
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    return { isGood: false, detail: code === 'ENOENT' ? `${path} does not exist` : message };
  }
}
