/** Nothing starts while people are busy with a real failure. */
import type { Gate } from './gate.ts';
import { tryRecipe } from './try-recipe.ts';

export const liveIncident: Gate = {
  name: 'live-incident',
  when: 'start-and-step',
  async evaluate({ programme }) {
    const { flag, recipes } = programme.rules.liveIncident;
    const line = flag === undefined ? undefined : await programme.firstLine(flag);
    const flagged = line === undefined ? [] : [`an incident is going on: ${flag} is there${line && ` (${line})`}`];
    const tried = await Promise.all(recipes.map((name) => tryRecipe(programme, name)));
    const looked = [...(flag === undefined ? [] : [`no ${flag}`]), ...tried.map(({ text }) => text)];
    return {
      refusals: [
        ...flagged,
        ...tried.filter(({ isGood }) => !isGood).map(({ text }) => `an incident may be going on: ${text}`),
      ],
      found: looked.join(', ') || 'the programme names nothing that would tell of one',
      remedies: ['wait until the incident is over, and its flag is gone'],
    };
  },
};
