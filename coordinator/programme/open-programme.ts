/** The programme over its file, its recipes and the store. */
import { readFile } from 'node:fs/promises';
import { defaultRules, type ProgrammeRules } from '../core/programme-rules.ts';
import type { Programme, ProgrammeRecords } from '../engine/programme-port.ts';
import { contentDigest } from '../experiment/content-digest.ts';
import { type RecipeContext, tryRecipe } from '../recipes/index.ts';
import { loadProgramme } from './load-programme.ts';

export interface ProgrammeOptions extends RecipeContext {
  /** Absent: the default rules. */
  readonly path?: string;
  readonly records: ProgrammeRecords;
}

/** @throws FileProblems for a file that is not a programme. */
export async function openProgramme({ path, records, ...context }: ProgrammeOptions): Promise<Programme> {
  const rules: ProgrammeRules = path === undefined ? defaultRules : loadProgramme(path, await readFile(path, 'utf8'));
  return {
    rules,
    records,
    contentDigest,
    try: (recipe) => tryRecipe(recipe, context),
    firstLine,
  };
}

/** @throws when the file is there and cannot be read: a flag that cannot be looked at is not a flag that is down. */
async function firstLine(path: string): Promise<string | undefined> {
  try {
    return (await readFile(path, 'utf8')).split('\n', 1)[0] ?? '';
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
