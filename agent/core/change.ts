/** What may be changed on a host as a fault, by programs of the host's own policy, and how anyone looks at it. */
import type { Outcome } from '../../proto/fault.ts';

/**
 * Three programs that end. Each is an absolute path and its exact arguments: nothing of them comes from a caller, or from
 * the journal, which knows a change by its name only.
 */
export interface ListedChange {
  readonly name: string;
  readonly make: readonly string[];
  /** Right to run twice, late, and after a reboot. */
  readonly undo: readonly string[];
  /** Only looks: it exits with 0 while the change is in place, and with 1 while it is not. */
  readonly check: readonly string[];
}

export interface ChangeSeen {
  /** `unknown`: the check did not answer, or not in time. */
  readonly state: 'in-place' | 'not-in-place' | 'unknown';
  /** In words. */
  readonly how: string;
}

/** What a look after the end says of a fault. */
export function outcomeOf({ state }: ChangeSeen): Outcome {
  switch (state) {
    case 'not-in-place':
      return 'restored';
    case 'in-place':
      return 'still-held';
    case 'unknown':
      return 'unknown';
  }
}

/** Runs the programs of a change, each as a child of a process without capabilities that is made for it. Never throws. */
export interface ChangePort {
  /** Looks. */
  check(change: ListedChange): Promise<ChangeSeen>;
  /** Undoes what the check says is in place, or cannot say, and looks again. What is not in place is left alone. */
  undo(change: ListedChange): Promise<ChangeSeen>;
}
