/**
 * At most one experiment at a time in each zone and on each service, what it depends on included. This is the same
 * question that the store asks in its transaction when a run starts; asked here, it tells everything at once beforehand.
 */
import { claimConflicts, claimsOf } from '../core/claims.ts';
import type { Gate } from './gate.ts';

export const zonesAndServices: Gate = {
  name: 'zones-and-services',
  when: 'start-and-step',
  evaluate({ experiment, hosts, runId = '', programme }) {
    const wanted = claimsOf(experiment, hosts);
    const refusals = claimConflicts(runId, wanted, programme.claims);
    const names = wanted.map(({ kind, name, isShared }) => `${kind} ${name}${isShared ? ' (depended on)' : ''}`);
    return {
      refusals,
      found: names.length > 0 ? `free: ${names.join(', ')}` : 'neither a zone nor a service is taken',
      remedies: ['wait until that run is over and every host has confirmed, or end it by leash abort RUN'],
    };
  },
};
