/**
 * A process has one tracer at most (ptrace(2)), and of two faults that stop it the end of either would set it going. What
 * one of ours has stopped would also pass for stopped by others, and be left stopped by the undo of the second.
 */
import { identityKey } from '../../proto/identity.ts';
import { type ActiveFault, type Limit, no } from './limit.ts';

export const targetHeldLimit: Limit = {
  name: 'one-hold-per-process',
  isFixed: true,
  summary: 'faults at once that hold the same process',
  shown: () => '1',
  refusals({ fault, targets }, { active, endedMeanwhile }) {
    if (!fault.stopsTargets) return [];
    const holders = holdersIn(active);
    const former = holdersIn(endedMeanwhile);
    return targets.flatMap(({ identity, name, state }) => {
      const key = identityKey(identity);
      const process = `process ${identity.pid} (${name})`;
      const other = holders.get(key);
      const past = state === 'T' ? former.get(key) : undefined;
      if (other) {
        const message = `${process} is held by fault ${other.faultId} (${other.kind}): restore that first`;
        return no('one-hold-per-process', 'target-held', message, { value: 2, bound: 1 });
      }
      if (past) {
        const message = `${process} was held by fault ${past.faultId} (${past.kind}) when it was looked at: plan again`;
        return no('one-hold-per-process', 'target-held', message, { value: 2, bound: 1 });
      }
      return [];
    });
  },
};

function holdersIn(faults: readonly ActiveFault[]): ReadonlyMap<string, ActiveFault> {
  return new Map(
    faults
      .filter((fault) => fault.stopsTargets)
      .flatMap((fault) => fault.targets.map((target) => [identityKey(target), fault] as const)),
  );
}
