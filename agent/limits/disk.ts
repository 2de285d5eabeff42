/** How full faults may make a file system. What others have on it counts, so that it need not be added up over faults. */
import { type Limit, no } from './limit.ts';

export const diskLimit: Limit = {
  name: 'diskPercentMax',
  summary: 'how full a file system may become by faults',
  shown: (policy) => `${policy.diskPercentMax}%`,
  refusals({ magnitude }, { policy }) {
    const { diskPercent } = magnitude;
    const bound = policy.diskPercentMax;
    if (diskPercent === undefined || diskPercent <= bound) return [];
    const value = `${Math.round(diskPercent * 10) / 10}%`;
    const message = `the file system would be ${value} full, at most ${bound}% allowed by diskPercentMax`;
    return no('diskPercentMax', 'magnitude-too-large', message, { value, bound: `${bound}%` });
  },
};
