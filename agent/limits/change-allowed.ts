/** What `custom.change` may change. What is in place already is not ours to undo, so it is not made either. */
import { type Limit, no } from './limit.ts';

export const changeAllowedLimit: Limit = {
  name: 'changes',
  summary: 'what this host lets be changed as a fault, by programs of its own',
  shown: (policy) => policy.changes.map(({ name }) => name).join(', ') || 'none',
  refusals({ change }, { policy, active }) {
    if (!change) return [];
    const { name, seen } = change;
    const bound = policy.changes.map((listed) => listed.name).join(', ') || 'none';
    if (!policy.changes.some((listed) => listed.name === name)) {
      const message = `${name} is not among the changes of this host (${bound})`;
      return no('changes', 'fault-not-allowed', message, { value: name, bound });
    }
    const other = active.find((fault) => fault.change === name);
    if (other) {
      const message = `${name} is made by fault ${other.faultId}: restore that first`;
      return no('changes', 'target-held', message, { value: 2, bound: 1 });
    }
    if (seen?.state === 'not-in-place') return [];
    const message =
      seen?.state === 'in-place'
        ? `${name} is in place already, and not by a fault: there would be nothing to undo`
        : (seen?.how ?? `whether ${name} is in place cannot be looked at here`);
    return no('changes', 'fault-unavailable', message, { value: name });
  },
};
