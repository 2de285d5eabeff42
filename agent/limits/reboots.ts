/** A reboot ends everything that runs on the host, and not only what was aimed at. */
import { type Limit, no } from './limit.ts';

export const rebootsLimit: Limit = {
  name: 'reboots',
  summary: 'whether a fault may boot the host again',
  shown: (policy) => String(policy.reboots),
  refusals({ fault, magnitude }, { policy }) {
    if (!magnitude.reboots || policy.reboots) return [];
    return no('reboots', 'fault-not-allowed', `${fault.kind} needs reboots: true in the policy of this host`, {
      value: 'true',
      bound: 'false',
    });
  },
};
