/** Which role may call which method of the coordinator. Default deny; the right to halt is wider than the right to run. */
import type { Role } from '../../proto/role.ts';
import type { CoordinatorMethod } from '../../proto/services.ts';

const everyPerson: readonly Role[] = ['viewer', 'author', 'approver', 'runner', 'halter', 'rearmer', 'auditor'];

/** An agent may call nothing here: it is asked, and never asks. */
export const rolesAllowed: Readonly<Record<CoordinatorMethod, readonly Role[]>> = {
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
};
