/** How a fault may be undone here. A journal that nobody would replay is no way back. */
import { type Limit, no } from './limit.ts';

export const bindingAllowedLimit: Limit = {
  name: 'bindings.allow',
  summary: 'how a fault may be bound, and whether a journal needs a supervisor that replays it',
  shown: ({ bindings, journalWithoutSupervisor }) =>
    `${bindings.allow.join(', ') || 'none'}${journalWithoutSupervisor ? ' (journal also without a supervisor)' : ''}`,
  seen: (_policy, host) => (host.hasSupervisor ? 'a supervisor is here' : 'no supervisor would replay a journal'),
  refusals({ fault }, { policy, host }) {
    const { kind, binding } = fault;
    if (!policy.bindings.allow.includes(binding)) {
      const allowed = policy.bindings.allow.join(', ') || 'none';
      const message = `${kind} would be bound by ${binding} here, and bindings.allow has ${allowed}`;
      return no('bindings.allow', 'binding-not-allowed', message, { value: binding, bound: allowed });
    }
    if (binding === 'journal' && !host.hasSupervisor && !policy.journalWithoutSupervisor) {
      const message = `${kind} would be bound by the journal, and no supervisor would replay it here: run the agent as a unit`;
      return no('journalWithoutSupervisor', 'binding-not-allowed', message, { value: binding, bound: 'false' });
    }
    return [];
  },
};
