/**
 * The contract of a limit: one file of this folder implements it, and one line of `index.ts` lists it. A limit is pure,
 * looks at the whole proposal, and says no with the number and the bound. It never makes a proposal smaller.
 *
 * Comparisons are written so that NaN is refused: `!(value <= bound)`, not `value > bound`.
 */
import type { Binding } from '../../proto/fault.ts';
import type { ProcessIdentity } from '../../proto/identity.ts';
import type { Refusal, RefusalReason } from '../../proto/refusal.ts';
import type { Stage } from '../../proto/stage.ts';
import type { ChangeSeen } from '../core/change.ts';
import type { HostPolicy } from '../core/policy.ts';
import type { ProcessFacts } from '../core/process.ts';
import type { FileSystemSpace, Magnitude } from '../faults/fault-kind.ts';

/** An inject as asked, after its targets were chosen. */
export interface Proposal {
  readonly fault: {
    readonly kind: string;
    readonly aim: 'processes' | 'host';
    readonly holdsByPtrace: boolean;
    readonly binding: Binding;
  };
  readonly magnitude: Magnitude;
  /** Where it would make a file. */
  readonly directory?: ProposedDirectory;
  /** Of the host's own list, as it is now. */
  readonly change?: ProposedChange;
  /** Empty for a fault of the whole host. */
  readonly targets: readonly ProcessFacts[];
  /** All that the selector matches, the targets among them. */
  readonly matched: readonly ProcessFacts[];
  readonly stage: Stage;
  readonly durationMs: number;
  readonly leaseTtlMs: number;
  readonly consentIrreversible: boolean;
  readonly nowBootMs: number;
}

export interface ProposedChange {
  readonly name: string;
  /** Absent where it is not listed, and nothing was looked at. */
  readonly seen?: ChangeSeen;
}

export interface ProposedDirectory {
  readonly path: string;
  /** Absent where it could not be asked, or where nothing was asked since the path is not allowed. */
  readonly space?: FileSystemSpace;
  /** The only types that the fault can work on; any when left out. */
  readonly fileSystems?: readonly string[];
}

/** The host at this moment. */
export interface LimitFacts {
  readonly policy: HostPolicy;
  readonly active: readonly ActiveFault[];
  /** When earlier injects were accepted; older ones than a minute may be left out. */
  readonly injectedAtBootMs: readonly number[];
  /** Why a process may not be touched; none when it may. */
  readonly protection: (process: ProcessFacts) => readonly string[];
  readonly host: {
    readonly memoryBytes: number;
    readonly memoryAvailableBytes: number;
    /** Infinite where the host has no limit. */
    readonly openFilesFree: number;
    readonly tasksFree: number;
    /** Whether somebody replays the journal when agent and holder are killed together. */
    readonly hasSupervisor: boolean;
  };
}

/** A fault that may still have something on the host. */
export interface ActiveFault {
  readonly faultId: string;
  readonly kind: string;
  readonly holdsByPtrace: boolean;
  readonly targets: readonly ProcessIdentity[];
  readonly magnitude: Magnitude;
  readonly change?: string;
}

export interface Limit {
  /** The key of the policy that sets it, or the rule's own name where none does. */
  readonly name: string;
  readonly summary: string;
  /** The bound as a person would write it, for `Describe`. */
  shown(policy: HostPolicy): string;
  refusals(proposal: Proposal, facts: LimitFacts): readonly Refusal[];
}

/** One "no". */
export function no(
  limit: string,
  reason: RefusalReason,
  message: string,
  figures: { value?: string | number; bound?: string | number } = {},
): readonly Refusal[] {
  return [
    {
      reason,
      message,
      limit,
      ...(figures.value === undefined ? {} : { value: String(figures.value) }),
      ...(figures.bound === undefined ? {} : { bound: String(figures.bound) }),
    },
  ];
}

/** "1 target", "4 targets" */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}
