/** The experiment's stage is the stage that each host's own policy names. Production waits for approvals, which are not built. */
import type { Gate } from './gate.ts';

export const stage: Gate = {
  name: 'stage',
  when: 'start',
  evaluate({ experiment, hosts }) {
    const production = experiment.stage.startsWith('production')
      ? [`stage ${experiment.stage} needs approvals, and this coordinator cannot take any yet`]
      : [];
    const other = hosts
      .filter((host) => host.stage !== undefined && host.stage !== experiment.stage)
      .map((host) => `${host.name} is ${host.stage} by its own policy, and the experiment is for ${experiment.stage}`);
    const remedies = [
      ...(production.length > 0 ? ['run it in development or staging'] : []),
      ...(other.length > 0 ? [`aim at hosts whose policy says stage: ${experiment.stage}`] : []),
    ];
    return {
      refusals: [...production, ...other],
      remedies,
      found: `${experiment.stage}, as each host's own policy says`,
    };
  },
};
