/** Has the rollback of a run or of a rehearsal run on hosts, and hears what came of it. */
import type { HostRollback } from '../core/host-rollback.ts';
import { type ActOrder, HostCallFailed } from './fleet-port.ts';
import type { OrderContext } from './host-orders.ts';
import type { EnginePorts } from './ports.ts';

/** An agent that died in the middle of it, and is started again, goes on with it and answers what came of it. */
const askedForMs = 30_000;
const askAgainMs = 1000;

export async function rollBackRun(
  context: OrderContext & Pick<EnginePorts, 'clock'>,
  runId: string,
  hosts: readonly string[],
): Promise<void> {
  const run = context.run(runId);
  if (!run) return;
  const actions = run.facts.experiment.rollback ?? [];
  // The id is the run's: a host that has rolled back by itself answers with what it did, and does nothing twice.
  const order = { id: runId, actions, reason: 'the run did not go well' };
  const untilMs = context.clock.bootMs() + askedForMs;
  const rollbacks = await Promise.all(hosts.map((host) => askUntilAnswered(context, host, order, untilMs)));
  context.dispatch(runId, { type: 'rolled-back', rollbacks });
}

/** Asks each of them once. */
export function rollBackOn(
  fleet: EnginePorts['fleet'],
  hosts: readonly string[],
  order: ActOrder,
): Promise<readonly HostRollback[]> {
  return Promise.all(hosts.map((host) => ask(fleet, host, order).catch((error: unknown) => notKnown(host, error))));
}

/** Only what is not known is asked again: a host that said no has said it. */
async function askUntilAnswered(
  { fleet, clock }: Pick<EnginePorts, 'fleet' | 'clock'>,
  host: string,
  order: ActOrder,
  untilMs: number,
): Promise<HostRollback> {
  for (;;) {
    try {
      return await ask(fleet, host, order);
    } catch (error) {
      const mayAnswer = error instanceof HostCallFailed && error.kind === 'unknown';
      if (!mayAnswer || clock.bootMs() + askAgainMs > untilMs) return notKnown(host, error);
      await new Promise<void>((resolve) => clock.after(askAgainMs, resolve));
    }
  }
}

async function ask(fleet: EnginePorts['fleet'], host: string, order: ActOrder): Promise<HostRollback> {
  if (!fleet.act) throw new Error('the hosts of this fleet cannot roll back');
  return { host, outcomes: await fleet.act(host, order) };
}

function notKnown(host: string, error: unknown): HostRollback {
  return { host, outcomes: [], error: error instanceof Error ? error.message : String(error) };
}
