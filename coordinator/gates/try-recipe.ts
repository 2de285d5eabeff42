/** Looks at a recipe of the programme, for the gates that name some. */
import type { ProgrammeView } from './gate.ts';

export interface Tried {
  readonly isGood: boolean;
  /** With the name of the recipe. */
  readonly text: string;
}

/** A name that the programme does not have is a "no". */
export async function tryRecipe(programme: ProgrammeView, name: string): Promise<Tried> {
  const recipe = Object.hasOwn(programme.rules.recipes, name) ? programme.rules.recipes[name] : undefined;
  if (!recipe) {
    const known = Object.keys(programme.rules.recipes).join(', ') || 'none';
    return { isGood: false, text: `the programme has no recipe ${name} (it has ${known})` };
  }
  const { isGood, detail } = await programme.try(recipe);
  return { isGood, text: `${name}: ${detail}` };
}
