/** What a fault may set. Two that set the same would each take the other's value for the original. */
import { type Limit, no } from './limit.ts';

export const settingAllowedLimit: Limit = {
  name: 'one-fault-per-setting',
  isFixed: true,
  summary: 'faults at once that set the same value of a process, cgroup, unit or interface',
  shown: () => '1',
  refusals({ settings = [] }, { active }) {
    return settings.flatMap(({ key, refusal, problem }) => {
      if (refusal !== undefined) return no('one-fault-per-setting', 'fault-not-allowed', refusal, { value: key });
      const other = active.find((fault) => fault.settings?.includes(key));
      if (other) {
        const message = `${key} is set by fault ${other.faultId} (${other.kind}): restore that first`;
        return no('one-fault-per-setting', 'target-held', message, { value: 2, bound: 1 });
      }
      return problem === undefined ? [] : no('one-fault-per-setting', 'fault-unavailable', problem, { value: key });
    });
  },
};
