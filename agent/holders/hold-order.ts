/** What the agent and a holder say to each other: JSON lines, orders on the holder's stdin, reports on its stdout. */
import type { Binding } from '../../proto/fault.ts';
import type { ProcessIdentity } from '../../proto/identity.ts';
import type { JsonObject } from '../../proto/struct.ts';
import type { Briefing } from '../core/briefing.ts';
import type { KeptSetting } from '../core/setting.ts';

/** The first line that a holder reads. */
export interface HoldOrder {
  readonly faultId: string;
  readonly kind: string;
  /** Already parsed by the agent: percent, milliseconds and bytes as numbers. */
  readonly parameters: JsonObject;
  readonly binding: Binding;
  readonly agentPid: number;
  /** In the order of the pidfds, which start at descriptor 3. */
  readonly targets: readonly ProcessIdentity[];
  /** Which of them were stopped when they were journalled, in the same order; absent where none was. */
  readonly wasStopped?: readonly boolean[];
  readonly deadlines: Deadlines;
  /** The sub-cgroup for stressors, already made; absent where the host delegates none. */
  readonly stressCgroup?: string;
  /** What the fault must know of the host; absent where it asks nothing. */
  readonly briefing?: Briefing;
  /** What it is to set, with what that was when it was journalled. */
  readonly kept?: readonly KeptSetting[];
}

/** On CLOCK_BOOTTIME. The kernel timer's SIGKILL comes 50 ms after the polite end. */
export interface Deadlines {
  readonly endsAtBootMs: number;
}

export const kernelTimerGraceMs = 50;

/**
 * The kernel timer ends a holder; it does not run a journalled undo. So a holder that has one is given longer to run it
 * itself, on a loaded host too, before only the agent's replay of the journal is left.
 */
const journalTimerGraceMs = 1000;

/** How long after the polite end the kernel's SIGKILL comes. */
export function kernelGraceMs(binding: Binding): number {
  return binding === 'journal' ? journalTimerGraceMs : kernelTimerGraceMs;
}

export type HolderCommand =
  | { readonly type: 'touch' }
  | { readonly type: 'renew'; readonly deadlines: Deadlines }
  | { readonly type: 'release'; readonly target?: ProcessIdentity };

export type HolderReport =
  /** The kernel timer is armed, the agent lives, nothing is touched. */
  | { readonly type: 'bound' }
  | { readonly type: 'touched'; readonly touched: readonly string[] }
  /** `reason` is from proto/refusal.ts. With `hasLetGo`, no process is held any more. */
  | { readonly type: 'failed'; readonly reason: string; readonly message: string; readonly hasLetGo?: true }
  | { readonly type: 'renewed'; readonly endsAtBootMs: number }
  | { readonly type: 'released'; readonly target?: ProcessIdentity }
  /** Nothing is left to hold. */
  | { readonly type: 'finished'; readonly text: string };
