/** Memory that faults take, all of them together. */
import { formatBytes } from '../../proto/quantity.ts';
import { type Limit, no } from './limit.ts';

export const memoryLimit: Limit = {
  name: 'memoryPercentMax',
  summary: 'share of all memory that faults may take at once',
  shown: (policy) => `${policy.memoryPercentMax}%`,
  seen: (_policy, host) => `of ${formatBytes(host.memoryBytes)}`,
  refusals({ magnitude }, { policy, active, host }) {
    const asked = magnitude.memoryBytes ?? 0;
    if (asked === 0) return [];
    const total = active.reduce((sum, fault) => sum + (fault.magnitude.memoryBytes ?? 0), asked);
    const bound = policy.memoryPercentMax;
    if (total * 100 <= host.memoryBytes * bound) return [];
    const percent = Math.round((total * 1000) / host.memoryBytes) / 10;
    const message = `${formatBytes(total)} is ${percent}% of ${formatBytes(host.memoryBytes)}, at most ${bound}% allowed by memoryPercentMax`;
    return no('memoryPercentMax', 'magnitude-too-large', message, { value: `${percent}%`, bound: `${bound}%` });
  },
};
