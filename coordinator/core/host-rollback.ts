/** What the rollback of a run, or its rehearsal, came to on one host. */
import type { ActionOutcome } from '../../proto/rollback-action.ts';

export interface HostRollback {
  readonly host: string;
  readonly outcomes: readonly ActionOutcome[];
  /** The host did not say. */
  readonly error?: string;
}
