/** Has the rollback of a run or of a rehearsal run on hosts, and hears what came of it. */
import type { RollbackAction } from '../../proto/rollback-action.ts';
import type { HostRollback } from '../core/host-rollback.ts';
import type { OrderContext } from './host-orders.ts';
import type { EnginePorts } from './ports.ts';

export async function rollBackRun(context: OrderContext, runId: string, hosts: readonly string[]): Promise<void> {
  const run = context.run(runId);
  if (!run) return;
  const actions = run.facts.experiment.rollback ?? [];
  // The id is the run's: a host that has rolled back by itself answers with what it did, and does nothing twice.
  const rollbacks = await rollBackOn(context.fleet, hosts, { id: runId, actions, reason: 'the run did not go well' });
  context.dispatch(runId, { type: 'rolled-back', rollbacks });
}

export function rollBackOn(
  fleet: EnginePorts['fleet'],
  hosts: readonly string[],
  order: { readonly id: string; readonly actions: readonly RollbackAction[]; readonly reason: string },
): Promise<readonly HostRollback[]> {
  return Promise.all(
    hosts.map(async (host): Promise<HostRollback> => {
      try {
        if (!fleet.act) throw new Error('the hosts of this fleet cannot roll back');
        return { host, outcomes: await fleet.act(host, order) };
      } catch (error) {
        return { host, outcomes: [], error: error instanceof Error ? error.message : String(error) };
      }
    }),
  );
}
