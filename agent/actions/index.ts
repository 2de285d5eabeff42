/** The rollback actions: one file for each kind. */
import type { RollbackAction } from '../../proto/rollback-action.ts';
import type { HostPolicy } from '../core/policy.ts';
import type { ProgramRunner } from '../host/program-runner.ts';
import type { ActionKind, Seen } from './action.ts';
import { httpCall } from './http-call.ts';
import { programRun } from './program-run.ts';
import { systemdRestart } from './systemd-restart.ts';

const kinds = [systemdRestart, httpCall, programRun] as const;

/** Why the policy does not allow it; undefined when it does. */
export function actionRefusal(action: RollbackAction, policy: HostPolicy): string | undefined {
  return kindOf(action).refusal(action, policy);
}

/** Asks the policy again: a record of an earlier agent may be older than the policy. Never rejects. */
export async function runAction(
  action: RollbackAction,
  policy: HostPolicy,
  programs: Pick<ProgramRunner, 'run'>,
): Promise<Seen> {
  const refusal = actionRefusal(action, policy);
  return refusal === undefined ? kindOf(action).run(action, policy, programs) : { isDone: false, seen: refusal };
}

function kindOf(action: RollbackAction): ActionKind<RollbackAction['kind']> {
  return kinds.find((each) => each.kind === action.kind) as ActionKind<RollbackAction['kind']>;
}
