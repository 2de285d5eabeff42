/** A protected target is refused by name, whatever chose it. */
import { type Limit, no } from './limit.ts';

export const protectedTargetsLimit: Limit = {
  name: 'protect',
  summary: 'processes that are protected beside those that always are',
  shown: ({ protect }) =>
    [
      ...protect.names.map((name) => `name ${name}`),
      ...protect.users.map((user) => `user ${user}`),
      ...protect.units.map((unit) => `unit ${unit}`),
      ...protect.ports.map((port) => `port ${port}`),
    ].join(', ') || 'none',
  refusals: ({ targets, members = [] }, { protection }) =>
    [...targets, ...members].flatMap((target) => {
      const reasons = protection(target);
      if (reasons.length === 0) return [];
      const message = `process ${target.identity.pid} (${target.name}) is protected: ${reasons.join(', ')}`;
      return no('protect', 'target-protected', message, { value: target.identity.pid });
    }),
};
