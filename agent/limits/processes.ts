/** How many processes, in one inject and in all of them together. More is refused, never cut down to fit. */
import { identityKey } from '../../proto/identity.ts';
import { counted, type Limit, no } from './limit.ts';

export const processesLimit: Limit = {
  name: 'processesMax',
  summary: 'processes under faults, in one inject and at once',
  shown: (policy) => String(policy.processesMax),
  refusals({ targets }, { policy, active }) {
    const bound = policy.processesMax;
    if (!(targets.length <= bound)) {
      const message = `${counted(targets.length, 'target')}, at most ${bound} allowed by processesMax`;
      return no('processesMax', 'too-many-targets', message, { value: targets.length, bound });
    }
    const held = new Set(active.flatMap((fault) => fault.targets.map(identityKey)));
    const atOnce = new Set([...held, ...targets.map((target) => identityKey(target.identity))]).size;
    // A fault of the host adds none, also where a policy has become stricter since.
    if (targets.length === 0 || atOnce <= bound) return [];
    const message = `${counted(targets.length, 'target')} beside ${held.size} under faults already, at most ${bound} at once allowed by processesMax`;
    return no('processesMax', 'too-many-targets', message, { value: atOnce, bound });
  },
};
