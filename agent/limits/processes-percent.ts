/** The share of what matches: ten of ten is another thing than ten of a thousand. */
import { counted, type Limit, no } from './limit.ts';

export const processesPercentLimit: Limit = {
  name: 'processesPercentMax',
  summary: 'share of the matching processes in one inject',
  shown: (policy) => `${policy.processesPercentMax}%`,
  refusals({ targets, matched }, { policy }) {
    if (targets.length === 0) return [];
    const bound = policy.processesPercentMax;
    if (targets.length * 100 <= matched.length * bound) return [];
    const message = `${counted(targets.length, 'target')} of ${matched.length} matching, at most ${bound}% allowed by processesPercentMax`;
    const value = `${Math.round((targets.length * 1000) / matched.length) / 10}%`;
    return no('processesPercentMax', 'too-many-targets', message, { value, bound: `${bound}%` });
  },
};
