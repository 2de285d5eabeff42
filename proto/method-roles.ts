/**
 * The one table of who may call what: a line for each method, with the roles that may. Default deny: a role that a line
 * does not name may not. The right to let go is wider than the right to run. Where a role counts (labels of hosts,
 * stages, faults) is for the bindings of a coordinator and the policy of a host to say, and they only narrow it.
 */
import { type Role, roles } from './role.ts';
import type { AgentMethod, CoordinatorMethod } from './services.ts';

const everyPerson: readonly Role[] = ['viewer', 'author', 'approver', 'runner', 'halter', 'rearmer', 'auditor'];

export const agentMethodRoles: Readonly<Record<AgentMethod, readonly Role[]>> = {
  describe: [...everyPerson, 'coordinator'],
  listProcesses: ['author', 'runner', 'coordinator'],
  plan: ['author', 'runner', 'coordinator'],
  inject: ['runner', 'coordinator'],
  renew: ['runner', 'coordinator'],
  restore: ['runner', 'halter', 'coordinator'],
  halt: ['approver', 'runner', 'halter', 'rearmer', 'coordinator'],
  rearm: ['rearmer', 'coordinator'],
  observe: ['author', 'runner', 'coordinator'],
  watch: [...everyPerson, 'coordinator'],
  act: ['runner', 'coordinator'],
  session: ['coordinator'],
};

/** An agent may call nothing here but ask who it is: it is asked, and never asks. */
export const coordinatorMethodRoles: Readonly<Record<CoordinatorMethod, readonly Role[]>> = {
  listHosts: everyPerson,
  listFleetProcesses: ['author', 'runner'],
  planExperiment: ['author', 'approver', 'runner'],
  submit: ['author', 'runner'],
  submitDrill: ['author', 'runner'],
  start: ['runner'],
  abort: ['approver', 'runner', 'halter', 'rearmer'],
  listRuns: everyPerson,
  getRun: everyPerson,
  watchRuns: everyPerson,
  haltFleet: ['author', 'approver', 'runner', 'halter', 'rearmer', 'coordinator'],
  rearmFleet: ['rearmer'],
  resolve: ['approver', 'rearmer'],
  promote: ['author', 'approver', 'runner'],
  learn: ['author', 'approver', 'runner', 'halter', 'rearmer', 'auditor'],
  rehearse: ['runner'],
  approve: ['approver'],
  listApprovals: everyPerson,
  whoAmI: roles,
  can: everyPerson,
};

/** What lets go. No binding takes it from a role: it needs no scope, no store, no policy and no provider of identities. */
export const lettingGo: readonly CoordinatorMethod[] = ['abort', 'haltFleet'];
