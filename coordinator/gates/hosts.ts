/** There are hosts to choose, and each of them answers. */
import type { Gate } from './gate.ts';

export const hosts: Gate = {
  name: 'hosts',
  when: 'start-and-step',
  evaluate(input) {
    const silent = input.hosts
      .filter((host) => !host.isConnected)
      .map((host) => `${host.name} is not connected${host.error ? `: ${host.error}` : ''}`);
    const names = input.hosts.map((host) => host.name).join(', ');
    const remedies = ['change targets.hosts, or see leash hosts for why a host does not answer'];
    return {
      refusals: [...input.selectionProblems, ...silent],
      remedies,
      found: `connected: ${names || 'no host is needed'}`,
    };
  },
};
