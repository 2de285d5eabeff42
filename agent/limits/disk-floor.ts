/** Space that stays free. A stress that runs ends when others take it below that. */
import { formatBytes } from '../../proto/quantity.ts';
import { type Limit, no } from './limit.ts';

export const diskFloorLimit: Limit = {
  name: 'diskFloor',
  summary: 'space that stays free on a file system',
  shown: (policy) => formatBytes(policy.diskFloorBytes),
  refusals({ magnitude }, { policy }) {
    const left = magnitude.diskLeftBytes;
    if (left === undefined || left >= policy.diskFloorBytes) return [];
    const [value, bound] = [formatBytes(Math.max(0, left)), formatBytes(policy.diskFloorBytes)];
    const message = `${value} would stay free on the file system, at least ${bound} demanded by diskFloor`;
    return no('diskFloor', 'floor-crossed', message, { value, bound });
  },
};
