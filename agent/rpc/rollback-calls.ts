/** Act: rollback actions that the host's policy allows, for a run that ended or for a rehearsal. */
import type { leash } from '../../proto/codec.ts';
import { text } from '../../proto/invalid-input.ts';
import type { Refusal } from '../../proto/refusal.ts';
import { Refused } from '../../proto/refused.ts';
import { actionsFromWire, outcomeToWire, type RollbackAction } from '../../proto/rollback-action.ts';
import { unary } from './call.ts';
import type { AgentContext } from './context.ts';
import type { InjectOrder } from './parse.ts';

export function rollbackHandlers(context: AgentContext) {
  return {
    act: unary<leash.v1.ActRequest, leash.v1.IActReply>('act', async (request, caller) => {
      const id = text(request.id, 'id', { lengthMin: 8, lengthMax: 128 });
      const actions = actionsFromWire(request.actions, 'actions');
      const reason = text(request.reason ?? '', 'reason', { lengthMin: 0, lengthMax: 1024 });
      refuseForbidden(context, actions);
      const { outcomes, isRepeated } = await context.rollbacks.act({ id, actions, by: caller.name, reason });
      return { outcomes: outcomes.map(outcomeToWire), repeatedId: isRepeated };
    }),
  };
}

/**
 * Arms the rollback of an inject before anything is begun, and takes it back where the inject is refused.
 *
 * @throws Refused when the policy does not allow it or it cannot be kept: a fault whose rollback is not sure is not injected.
 */
export async function withRollback(
  context: AgentContext,
  { rollback: actions, runId, idempotencyKey: key }: InjectOrder,
  begin: () => string,
): Promise<string> {
  if (actions.length === 0) return begin();
  if (runId === '') throw new Refused([refusal('a rollback goes with a run_id, since it is run once for each run')]);
  refuseForbidden(context, actions);
  try {
    await context.rollbacks.arm({ runId, key, actions });
  } catch (error) {
    throw new Refused([refusal(`the rollback could not be recorded: ${(error as Error).message}`)]);
  }
  try {
    return begin();
  } catch (error) {
    context.rollbacks.disarm(runId, key);
    throw error;
  }
}

function refuseForbidden(context: AgentContext, actions: readonly RollbackAction[]): void {
  const messages = actions.flatMap((action) => context.actionRefusal(action) ?? []);
  if (messages.length > 0) throw new Refused(messages.map(refusal));
}

function refusal(message: string): Refusal {
  return { reason: 'rollback-not-allowed', message, limit: 'rollback' };
}
