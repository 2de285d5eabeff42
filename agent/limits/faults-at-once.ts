/** Faults on this host at once, whatever they are. */
import { counted, type Limit, no } from './limit.ts';

export const faultsAtOnceLimit: Limit = {
  name: 'faultsMax',
  summary: 'faults at once',
  shown: (policy) => String(policy.faultsMax),
  refusals(_proposal, { policy, active }) {
    const bound = policy.faultsMax;
    if (active.length + 1 <= bound) return [];
    const message = `${counted(active.length, 'fault')} on this host already, at most ${bound} at once allowed by faultsMax`;
    return no('faultsMax', 'too-many-faults', message, { value: active.length + 1, bound });
  },
};
