/** Whoever starts it has a role for that on each of these hosts, in this stage, with these faults. */
import { coordinatorMethodRoles } from '../../proto/method-roles.ts';
import { accessRefusals, grantText } from '../core/access.ts';
import { deedsOf } from '../core/deeds.ts';
import type { Gate } from './gate.ts';

export const role: Gate = {
  name: 'role',
  when: 'start-and-step',
  evaluate({ asker, experiment, hosts, plans }) {
    if (!asker) return { refusals: [], found: 'nobody asks' };
    const deeds = deedsOf(experiment.stage, plans, hosts);
    const refusals = accessRefusals(asker, { allowed: coordinatorMethodRoles.start, verb: 'start', deeds });
    const own = asker.grants.filter((grant) => coordinatorMethodRoles.start.includes(grant.role));
    return {
      refusals,
      found: `${asker.name} is ${own.map(grantText).join('; ')}`,
      remedies: ['have somebody start it who may, or have access.bindings of the coordinator name you (leash whoami)'],
    };
  },
};
