/** What faults read and write, all of them together. */
import { formatBytes } from '../../proto/quantity.ts';
import { type Limit, no } from './limit.ts';

export const ioLimit: Limit = {
  name: 'ioBytesPerSecondMax',
  summary: 'what faults may read and write in a second, all together',
  shown: (policy) => formatBytes(policy.ioBytesPerSecondMax),
  refusals({ magnitude }, { policy, active }) {
    const asked = magnitude.ioBytesPerSecond ?? 0;
    if (asked === 0) return [];
    const total = active.reduce((sum, fault) => sum + (fault.magnitude.ioBytesPerSecond ?? 0), asked);
    if (total <= policy.ioBytesPerSecondMax) return [];
    const [value, bound] = [formatBytes(total), formatBytes(policy.ioBytesPerSecondMax)];
    const message = `${value} a second, at most ${bound} allowed by ioBytesPerSecondMax`;
    return no('ioBytesPerSecondMax', 'magnitude-too-large', message, { value, bound });
  },
};
