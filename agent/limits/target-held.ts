/** A process has one tracer at most (ptrace(2)), so a second fault that holds by ptrace is a conflict. */
import { identityKey } from '../../proto/identity.ts';
import { type Limit, no } from './limit.ts';

export const targetHeldLimit: Limit = {
  name: 'one-hold-per-process',
  isFixed: true,
  summary: 'faults at once that hold the same process',
  shown: () => '1',
  refusals({ fault, targets }, { active }) {
    if (!fault.holdsByPtrace) return [];
    const holders = new Map(
      active
        .filter((other) => other.holdsByPtrace)
        .flatMap((other) => other.targets.map((target) => [identityKey(target), other] as const)),
    );
    return targets.flatMap(({ identity, name }) => {
      const other = holders.get(identityKey(identity));
      if (!other) return [];
      const message = `process ${identity.pid} (${name}) is held by fault ${other.faultId} (${other.kind}): restore that first`;
      return no('one-hold-per-process', 'target-held', message, { value: 2, bound: 1 });
    });
  },
};
