/** Every host is in a part of the world (namespace, cluster, account) that was approved beforehand, by its labels. */
import type { Gate, GateHost } from './gate.ts';

export const allowedScope: Gate = {
  name: 'allowed-scope',
  when: 'start-and-step',
  evaluate({ hosts, programme }) {
    const { scope } = programme.rules;
    if (scope.length === 0) return { refusals: [], found: 'every host of the inventory' };
    const outside = hosts.filter((host) => !scope.some((labels) => hasAll(host, labels)));
    const allowed = scope.map(labelText).join(' or ');
    return {
      refusals: outside.map(
        (host) => `${host.name} (${labelText(host.labels)}) is outside of what is approved: ${allowed}`,
      ),
      found: `within ${allowed}`,
      remedies: ['aim at approved hosts, or have scope in the programme file widened'],
    };
  },
};

function hasAll(host: GateHost, labels: Readonly<Record<string, string>>): boolean {
  return Object.entries(labels).every(([key, value]) => host.labels[key] === value);
}

function labelText(labels: Readonly<Record<string, string>>): string {
  return (
    Object.entries(labels)
      .map(([key, value]) => `${key}=${value}`)
      .join(', ') || 'no labels'
  );
}
