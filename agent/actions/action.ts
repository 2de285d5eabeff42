/**
 * The contract of a rollback action: one file of this folder implements it, and one line of `index.ts` lists it. An
 * action is idempotent, says by the host's own policy whether it may be run, and ends within a deadline. What a caller or
 * a record names is looked up in the policy: it never brings a command of its own.
 */
import type { RollbackAction } from '../../proto/rollback-action.ts';
import type { HostPolicy } from '../core/policy.ts';
import type { ProgramRunner } from '../host/program-runner.ts';

export type ActionOf<Kind extends RollbackAction['kind']> = Extract<RollbackAction, { readonly kind: Kind }>;

export interface Seen {
  readonly isDone: boolean;
  /** In words: "exit code 0", "answered 503". */
  readonly seen: string;
}

export interface ActionKind<Kind extends RollbackAction['kind']> {
  readonly kind: Kind;
  /** Why this host's policy does not allow it, with what it allows; undefined when it does. */
  refusal(action: ActionOf<Kind>, policy: HostPolicy): string | undefined;
  /** Asked only after `refusal` had nothing to say. Never rejects, and ends within `actionWithinMs`. */
  run(action: ActionOf<Kind>, policy: HostPolicy, programs: Pick<ProgramRunner, 'run'>): Promise<Seen>;
}

export const actionWithinMs = 60_000;
