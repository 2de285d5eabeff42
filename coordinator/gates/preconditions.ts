/** Each probe and each recipe (pipeline green, backup in place) that the experiment names as a precondition is good, once, now. */
import type { Probe } from '../core/experiment.ts';
import type { Gate, GateInput } from './gate.ts';
import { tryRecipe } from './try-recipe.ts';

export const preconditions: Gate = {
  name: 'preconditions',
  when: 'start',
  async evaluate(input) {
    const names = [...new Set(input.experiment.preconditions.map((precondition) => precondition.probe))];
    const recipes = [...new Set(input.experiment.recipes ?? [])];
    const answers = await Promise.all([
      ...names.map((name) => ask(input, name)),
      ...recipes.map((name) => tryRecipe(input.programme, name)),
    ]);
    const refusals = answers.flatMap((answer) => (answer.isGood ? [] : [answer.text]));
    const remedies = ['make each of them good: a run begins only from a good state'];
    return { refusals, remedies, found: answers.map((answer) => answer.text).join(', ') || 'the experiment sets none' };
  },
};

async function ask(input: GateInput, name: string): Promise<{ isGood: boolean; text: string }> {
  const probe: Probe | undefined = input.experiment.probes.find((each) => each.name === name);
  if (!probe) return { isGood: false, text: `no probe is called ${name}` };
  const sample = await input.ask(probe);
  const took = sample.latencyMs === undefined ? '' : ` after ${Math.round(sample.latencyMs)} ms`;
  return { isGood: sample.isGood, text: `${name}: ${sample.detail}${took}` };
}
