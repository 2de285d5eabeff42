/** What is to be done on this host, once for each run, when a fault of the run ends for any reason but success. */
import type { ActionOutcome, RollbackAction } from '../../proto/rollback-action.ts';

export interface RollbackRecord {
  /** The run, or the rehearsal. */
  readonly id: string;
  readonly actions: readonly RollbackAction[];
  /** Idempotency keys of the injects that it goes with, and whose end is still to come. */
  readonly keys: readonly string[];
  readonly state: /** Nothing has ended badly yet. */
    | 'armed'
    /** Being run; an agent that starts and finds this runs it again, which is why every action is idempotent. */
    | 'running'
    | 'done';
  readonly outcomes: readonly ActionOutcome[];
}

/** One more inject of the same run. What was done already stays done. */
export function armed(
  known: RollbackRecord | undefined,
  id: string,
  actions: readonly RollbackAction[],
  key: string,
): RollbackRecord {
  const keys = [...new Set([...(known?.keys ?? []), key])];
  return known ? { ...known, keys } : { id, actions, keys, state: 'armed', outcomes: [] };
}

/** @returns undefined when nothing is left that could end badly. */
export function withoutKey(record: RollbackRecord, key: string): RollbackRecord | undefined {
  const keys = record.keys.filter((each) => each !== key);
  return record.state === 'armed' && keys.length === 0 ? undefined : { ...record, keys };
}
