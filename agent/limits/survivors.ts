/** Some of the matching processes stay as they are: the last replica is nobody's experiment. */
import { identityKey } from '../../proto/identity.ts';
import { type Limit, no } from './limit.ts';

export const survivorsLimit: Limit = {
  name: 'survivorsMin',
  summary: 'matching processes that stay untouched',
  shown: (policy) => String(policy.survivorsMin),
  refusals({ fault, targets, matched, survivorsMin }, { policy, active }) {
    if (fault.aim === 'host') return [];
    const touched = new Set([
      ...targets.map((target) => identityKey(target.identity)),
      ...active.flatMap((other) => other.targets.map(identityKey)),
    ]);
    const survivors = matched.filter((process) => !touched.has(identityKey(process.identity))).length;
    // The caller may ask for more of them than the policy does, and never for fewer.
    const bound = Math.max(policy.survivorsMin, survivorsMin);
    if (survivors >= bound) return [];
    const by = bound === policy.survivorsMin ? 'survivorsMin' : 'the fault itself';
    const message = `${survivors} of ${matched.length} matching processes would stay untouched, at least ${bound} demanded by ${by}`;
    return no('survivorsMin', 'survivors-too-few', message, { value: survivors, bound });
  },
};
