/** The experiment's stage is the stage that each host's own policy names. */
import type { Gate } from './gate.ts';

export const stage: Gate = {
  name: 'stage',
  when: 'start',
  evaluate({ experiment, hosts }) {
    const refusals = hosts
      .filter((host) => host.stage !== undefined && host.stage !== experiment.stage)
      .map((host) => `${host.name} is ${host.stage} by its own policy, and the experiment is for ${experiment.stage}`);
    return {
      refusals,
      remedies: [`aim at hosts whose policy says stage: ${experiment.stage}`],
      found: `${experiment.stage}, as each host's own policy says`,
    };
  },
};
