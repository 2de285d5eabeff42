/** Open files that stay free on the host. A stress that runs ends when others take them below that. */
import { type Limit, no } from './limit.ts';

export const openFilesFloorLimit: Limit = {
  name: 'openFilesFloor',
  summary: 'open files that stay free on the host',
  shown: (policy) => String(policy.openFilesFloor),
  seen: (_policy, host) => `${host.openFilesFree} free`,
  refusals({ magnitude }, { policy, host }) {
    const asked = magnitude.openFiles ?? 0;
    if (asked === 0) return [];
    const left = host.openFilesFree - asked;
    const bound = policy.openFilesFloor;
    if (left >= bound) return [];
    const message = `${left} open files would stay free of ${host.openFilesFree}, at least ${bound} demanded by openFilesFloor`;
    return no('openFilesFloor', 'floor-crossed', message, { value: left, bound });
  },
};
