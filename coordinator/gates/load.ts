/** Traffic is driven only where less can be hurt, only to where the coordinator's own file says, and within its bounds. */
import { loadSteps } from '../core/load.ts';
import type { Gate } from './gate.ts';

const stages: readonly string[] = ['development', 'staging'];

export const load: Gate = {
  name: 'load',
  when: 'start',
  async evaluate({ experiment, loadRefusals }) {
    const steps = experiment.method.flatMap((group) => loadSteps(group.steps));
    if (steps.length === 0) return { refusals: [], found: 'no traffic is driven' };
    const elsewhere = stages.includes(experiment.stage)
      ? []
      : [`traffic is driven in ${stages.join(' and ')} only, and the experiment is for ${experiment.stage}`];
    const own = await Promise.all(
      steps.map(async (step) => {
        const refusals = (await loadRefusals?.(step)) ?? ['this coordinator drives no traffic'];
        return refusals.map((refusal) => `step ${step.number}: ${refusal}`);
      }),
    );
    return {
      refusals: [...elsewhere, ...own.flat()],
      found: `${steps.length} loads within the bounds of the coordinator's file`,
      remedies: ["ask for less, or change load in the coordinator's own file"],
    };
  },
};
