/** What would be seen is seen: every probe of the experiment answers, and what the programme wants to see arrives. */
import type { Gate, GateInput } from './gate.ts';
import { type Tried, tryRecipe } from './try-recipe.ts';

export const observability: Gate = {
  name: 'observability',
  when: 'start',
  async evaluate(input) {
    const { experiment, programme } = input;
    const tried = await Promise.all([
      ...experiment.probes.map((probe) => answers(input, probe)),
      ...programme.rules.observability.map((name) => tryRecipe(programme, name)),
    ]);
    return {
      refusals: tried.filter(({ isGood }) => !isGood).map(({ text }) => text),
      found: tried.length > 0 ? `${tried.length} of ${tried.length} answer` : 'nothing is to be watched',
      remedies: ['mend what does not answer: an experiment that nobody can see teaches nothing'],
    };
  },
};

/** Well or not: a service may be down before it is hurt, but it must not be invisible. */
async function answers({ ask }: GateInput, probe: GateInput['experiment']['probes'][number]): Promise<Tried> {
  const { isGood, latencyMs, detail } = await ask(probe);
  const isSilent = latencyMs === undefined || /no answer within/.test(detail);
  return { isGood: isGood || !isSilent, text: `${probe.name} does not answer: ${detail}` };
}
