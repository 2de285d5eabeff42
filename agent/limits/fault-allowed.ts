/** The faults that this host takes at all. */
import { allowsFault } from '../../proto/fault-pattern.ts';
import { type Limit, no } from './limit.ts';

export const faultAllowedLimit: Limit = {
  name: 'faults.allow',
  summary: 'the faults that this host takes',
  shown: (policy) => policy.faults.allow.join(', ') || 'none',
  refusals({ fault }, { policy }) {
    if (allowsFault(policy.faults.allow, fault.kind)) return [];
    const allowed = policy.faults.allow.join(', ') || 'none';
    const message = `${fault.kind} is not among the faults of faults.allow (${allowed})`;
    return no('faults.allow', 'fault-not-allowed', message, { value: fault.kind, bound: allowed });
  },
};
