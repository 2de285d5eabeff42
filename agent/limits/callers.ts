/** Who may inject what. The role table says which roles may inject at all; this says more, and never less. */
import { allowsFault } from '../../proto/fault-pattern.ts';
import type { CallerRule } from '../core/policy.ts';
import { type Limit, no } from './limit.ts';

export const callersLimit: Limit = {
  name: 'callers',
  summary: 'who may inject which faults, beside what the role table says',
  shown: ({ callers }) => callers.map(ruleText).join('; ') || 'nobody',
  refusals({ fault, callerNames }, { policy }) {
    const own = policy.callers.filter(({ who }) => who === '*' || callerNames.includes(who));
    if (own.some(({ faults }) => allowsFault(faults, fault.kind))) return [];
    const caller = callerNames[0] ?? 'an unknown caller';
    const bound = own.map(ruleText).join('; ') || 'nothing';
    const message = `${caller} may not inject ${fault.kind}: callers allows it ${bound}`;
    return no('callers', 'caller-not-allowed', message, { value: fault.kind, bound });
  },
};

function ruleText({ who, faults }: CallerRule): string {
  return `${who}: ${faults.join(', ') || 'nothing'}`;
}
