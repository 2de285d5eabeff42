/** How much a fault may favour its targets: a low nice value takes processor time from all others. */
import { type Limit, no } from './limit.ts';

export const niceLimit: Limit = {
  name: 'niceMin',
  summary: 'lowest nice value that a fault may give its targets',
  shown: (policy) => String(policy.niceMin),
  refusals({ magnitude: { nice } }, { policy: { niceMin } }) {
    if (nice === undefined || nice >= niceMin) return [];
    const message = `nice ${nice}, at least ${niceMin} allowed by niceMin`;
    return no('niceMin', 'magnitude-too-large', message, { value: nice, bound: niceMin });
  },
};
