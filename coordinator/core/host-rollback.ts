/** What the rollback of a run, or its rehearsal, came to on one host. */
import { type ActionOutcome, actionText } from '../../proto/rollback-action.ts';

export interface HostRollback {
  readonly host: string;
  readonly outcomes: readonly ActionOutcome[];
  /** The host did not say. */
  readonly error?: string;
}

export function isRolledBack({ outcomes, error }: HostRollback): boolean {
  return error === undefined && outcomes.every((outcome) => outcome.isDone);
}

/** "rolled back: systemctl restart user-worker.service (exit code 0)" */
export function rollbackText(rollback: HostRollback): string {
  if (rollback.error !== undefined) return `what came of the rollback is not known: ${rollback.error}`;
  const actions = rollback.outcomes.map(({ action, seen }) => `${actionText(action)} (${seen})`).join(', ');
  return `${isRolledBack(rollback) ? 'rolled back' : 'NOT rolled back'}: ${actions}`;
}
