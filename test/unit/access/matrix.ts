/**
 * Every cell by name: who may call what. This is written by hand, beside the table of the product, so that a change of
 * either is a change of both. A new method or a new role without its cells fails the tests.
 */
import type { Role } from '../../../proto/role.ts';
import type { AgentMethod, CoordinatorMethod } from '../../../proto/services.ts';

type Cells = Record<Role, 'yes' | 'no'>;

/** In this order, "y" or "." each. */
export const columns = [
  'viewer',
  'author',
  'approver',
  'runner',
  'halter',
  'rearmer',
  'agent',
  'coordinator',
  'auditor',
];

function row(text: string): Cells {
  const cells = text.replaceAll(' ', '');
  if (!/^[y.]+$/.test(cells) || cells.length !== columns.length) throw new Error(`not a row: ${text}`);
  return Object.fromEntries(columns.map((role, index) => [role, cells[index] === 'y' ? 'yes' : 'no'])) as Cells;
}

//                          view auth appr run halt rearm agent coord audit
export const agentMatrix: Readonly<Record<AgentMethod, Cells>> = {
  describe: /*            */ row('y y y y y y . y y'),
  listProcesses: /*       */ row('. y . y . . . y .'),
  plan: /*                */ row('. y . y . . . y .'),
  inject: /*              */ row('. . . y . . . y .'),
  renew: /*               */ row('. . . y . . . y .'),
  restore: /*             */ row('. . . y y . . y .'),
  halt: /*                */ row('. . y y y y . y .'),
  rearm: /*               */ row('. . . . . y . y .'),
  observe: /*             */ row('. y . y . . . y .'),
  watch: /*               */ row('y y y y y y . y y'),
  act: /*                 */ row('. . . y . . . y .'),
  session: /*             */ row('. . . . . . . y .'),
};

export const coordinatorMatrix: Readonly<Record<CoordinatorMethod, Cells>> = {
  listHosts: /*           */ row('y y y y y y . . y'),
  listFleetProcesses: /*  */ row('. y . y . . . . .'),
  planExperiment: /*      */ row('. y y y . . . . .'),
  submit: /*              */ row('. y . y . . . . .'),
  submitDrill: /*         */ row('. y . y . . . . .'),
  start: /*               */ row('. . . y . . . . .'),
  abort: /*               */ row('. . y y y y . . .'),
  listRuns: /*            */ row('y y y y y y . . y'),
  getRun: /*              */ row('y y y y y y . . y'),
  watchRuns: /*           */ row('y y y y y y . . y'),
  haltFleet: /*           */ row('. y y y y y . y .'),
  rearmFleet: /*          */ row('. . . . . y . . .'),
  resolve: /*             */ row('. . y . . y . . .'),
  promote: /*             */ row('. y y y . . . . .'),
  learn: /*               */ row('. y y y y y . . y'),
  rehearse: /*            */ row('. . . y . . . . .'),
  approve: /*             */ row('. . y . . . . . .'),
  listApprovals: /*       */ row('y y y y y y . . y'),
  whoAmI: /*              */ row('y y y y y y y y y'),
  can: /*                 */ row('y y y y y y . . y'),
};
