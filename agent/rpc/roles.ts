/** Which role may call which method of the agent. Default deny; the right to halt is wider than the right to run. */
import type { Role } from '../../proto/role.ts';
import type { AgentMethod } from '../../proto/services.ts';

const everyReader: readonly Role[] = [
  'viewer',
  'author',
  'approver',
  'runner',
  'halter',
  'rearmer',
  'coordinator',
  'auditor',
];

export const rolesAllowed: Readonly<Record<AgentMethod, readonly Role[]>> = {
  describe: everyReader,
  listProcesses: ['author', 'runner', 'coordinator'],
  plan: ['author', 'runner', 'coordinator'],
  inject: ['runner', 'coordinator'],
  renew: ['runner', 'coordinator'],
  restore: ['runner', 'halter', 'coordinator'],
  halt: ['approver', 'runner', 'halter', 'rearmer', 'coordinator'],
  rearm: ['rearmer', 'coordinator'],
  observe: ['author', 'runner', 'coordinator'],
  act: ['runner', 'coordinator'],
  watch: everyReader,
  session: ['coordinator'],
};
