/** The recipes of a programme: one file for each kind that is not a probe already. */

import type { Probe } from '../core/experiment.ts';
import type { ProbeSample } from '../core/probe-window.ts';
import type { Recipe, RecipeAnswer } from '../core/programme-rules.ts';
import { tryFile } from './file.ts';

export interface RecipeContext {
  sample(probe: Probe): Promise<ProbeSample>;
  unixMs(): number;
}

/** Never rejects. */
export async function tryRecipe(recipe: Recipe, { sample, unixMs }: RecipeContext): Promise<RecipeAnswer> {
  switch (recipe.kind) {
    case 'http': {
      const { isGood, detail } = await sample(recipe.probe);
      return { isGood, detail };
    }
    case 'file':
      return tryFile(recipe, unixMs());
  }
}
