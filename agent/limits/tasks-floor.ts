/** Processes and threads that the host can still start. A stress that runs ends when others take them below that. */
import { type Limit, no } from './limit.ts';

export const tasksFloorLimit: Limit = {
  name: 'tasksFloor',
  summary: 'tasks (processes and threads) that the host can still start',
  shown: (policy) => String(policy.tasksFloor),
  seen: (_policy, host) => `${host.tasksFree} free`,
  refusals({ magnitude }, { policy, host }) {
    const asked = magnitude.tasks ?? 0;
    if (asked === 0) return [];
    const left = host.tasksFree - asked;
    const bound = policy.tasksFloor;
    if (left >= bound) return [];
    const message = `${left} tasks would stay free of ${host.tasksFree}, at least ${bound} demanded by tasksFloor`;
    return no('tasksFloor', 'floor-crossed', message, { value: left, bound });
  },
};
