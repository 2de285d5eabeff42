/** Processor time that faults burn, all of them together. */
import { counted, type Limit, no } from './limit.ts';

export const cpuLimit: Limit = {
  name: 'cpuPercentMax',
  summary: 'share of all processors that faults may burn at once',
  shown: (policy) => `${policy.cpuPercentMax}%`,
  seen: (_policy, host) => `of ${counted(host.cpus, 'processor')}`,
  refusals({ magnitude }, { policy, active }) {
    const asked = magnitude.cpuPercent ?? 0;
    if (asked === 0) return [];
    const total = active.reduce((sum, fault) => sum + (fault.magnitude.cpuPercent ?? 0), asked);
    const bound = policy.cpuPercentMax;
    if (total <= bound) return [];
    const message = `${total}% of all processors, at most ${bound}% allowed by cpuPercentMax`;
    return no('cpuPercentMax', 'magnitude-too-large', message, { value: `${total}%`, bound: `${bound}%` });
  },
};
