/** What stays available. Others use memory too, so a share of the whole is not enough. */
import { formatBytes } from '../../proto/quantity.ts';
import { type Limit, no } from './limit.ts';

export const memoryFloorLimit: Limit = {
  name: 'memoryFloor',
  summary: 'memory that stays available',
  shown: (policy) => formatBytes(policy.memoryFloorBytes),
  seen: (_policy, host) => `${formatBytes(host.memoryAvailableBytes)} available`,
  refusals({ magnitude }, { policy, host }) {
    const asked = magnitude.memoryBytes ?? 0;
    if (asked === 0) return [];
    const leftBytes = host.memoryAvailableBytes - asked;
    if (leftBytes >= policy.memoryFloorBytes) return [];
    const bound = formatBytes(policy.memoryFloorBytes);
    const left = formatBytes(Math.max(0, leftBytes));
    const message = `${left} would stay available of ${formatBytes(host.memoryAvailableBytes)}, at least ${bound} demanded by memoryFloor`;
    return no('memoryFloor', 'floor-crossed', message, { value: left, bound });
  },
};
