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
import type { IntentSeen } from '../core/intent.ts';
import type { HostPolicy } from '../core/policy.ts';
import type { ProcessFacts } from '../core/process.ts';
import type { FileSystemSpace, Magnitude } from '../faults/fault-kind.ts';

/** An inject as asked, after its targets were chosen. */
export interface Proposal {
  readonly fault: {
    readonly kind: string;
    readonly aim: 'processes' | 'host';
    /** By ptrace or by SIGSTOP, all the time or in turns. */
    readonly stopsTargets: boolean;
    readonly binding: Binding;
  };
  readonly magnitude: Magnitude;
  /** Where it would make a file. */
  readonly directory?: ProposedDirectory;
  /** Of the host's own list, as it is now. */
  readonly change?: ProposedChange;
  /** What it would set; left out where it sets nothing. */
  readonly settings?: readonly ProposedSetting[];
  /** Processes that it touches by what it sets, though it is aimed at none. */
  readonly members?: readonly ProcessFacts[];
  /** Empty for a fault of the whole host. */
  readonly targets: readonly ProcessFacts[];
  /** All that the selector matches, the targets among them. */
  readonly matched: readonly ProcessFacts[];
  readonly stage: Stage;
  readonly durationMs: number;
  readonly leaseTtlMs: number;
  readonly consentIrreversible: boolean;
  /** All that the caller can be called in a policy, its full name first. */
  readonly callerNames: readonly string[];
  /** Units of the targets that must not be silent for long; empty where the fault does not hold them still, or says that it may. */
  readonly watchdogs: readonly UnitWatchdog[];
  /** Absent where the policy asks for no intent. */
  readonly intent?: ProposedIntent;
  /** Matching processes that must stay untouched, by the caller's own word; 0 where it says none. */
  readonly survivorsMin: number;
  readonly nowBootMs: number;
}

/** A signed intent, and what it must agree with. */
export interface ProposedIntent {
  readonly seen: IntentSeen;
  /** Of this host, as inventories have it. */
  readonly hostName: string;
  /** Empty in a dry run that is of no run. */
  readonly runId: string;
  /** The idempotency key; empty in a dry run. */
  readonly key: string;
  /** Canonical texts. */
  readonly parameters: string;
  readonly targeting: string;
  readonly rollback: readonly string[];
  /** As many as the choice gives of what matches now. */
  readonly targetsMax: number;
  readonly isConsentGiven: boolean;
}

export interface ProposedChange {
  readonly name: string;
  /** Absent where it is not listed, and nothing was looked at. */
  readonly seen?: ChangeSeen;
}

export interface ProposedSetting {
  /** The same for every fault that would set it. */
  readonly key: string;
  /** Why the host's policy does not let it be set. */
  readonly refusal?: string;
  /** Why it cannot be set, though it may. */
  readonly problem?: string;
}

export interface UnitWatchdog {
  readonly unit: string;
  /** In milliseconds. */
  readonly watchdog: number | 'unknown';
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
  /** Over since the host began to be looked at, so what they stopped may have been seen stopped. */
  readonly endedMeanwhile: readonly ActiveFault[];
  /** When earlier injects were accepted; older ones than a minute may be left out. */
  readonly injectedAtBootMs: readonly number[];
  /** Faults that ended since the agent started; older ones than an hour may be left out. */
  readonly endings: readonly Ending[];
  readonly startedAtBootMs: number;
  /** Why a process may not be touched; none when it may. */
  readonly protection: (process: ProcessFacts) => readonly string[];
  readonly host: HostFigures;
}

export interface Ending {
  readonly atBootMs: number;
  /** Of its targets, see `serviceOf`. */
  readonly services: readonly string[];
}

/** What the host is and has at this moment. Undefined is what cannot be read. */
export interface HostFigures {
  readonly cpus: number;
  readonly memoryBytes: number;
  readonly memoryAvailableBytes: number;
  /** Infinite where the host has no limit. */
  readonly openFilesFree: number;
  readonly tasksFree: number;
  /** Of the last minute, for all processors together (proc_loadavg(5)). */
  readonly loadAverage: number | undefined;
  /** Share of the last ten seconds in which some task waited for it. */
  readonly pressurePercent: Readonly<Record<'cpu' | 'memory' | 'io', number | undefined>>;
  /** Whether somebody replays the journal when agent and holder are killed together. */
  readonly hasSupervisor: boolean;
  /** Wall clock, for the calendar. */
  readonly unixMs: number;
}

/** A fault that may still have something on the host. */
export interface ActiveFault {
  readonly faultId: string;
  readonly kind: string;
  readonly stopsTargets: boolean;
  readonly targets: readonly ProcessIdentity[];
  readonly magnitude: Magnitude;
  readonly change?: string;
  /** Keys of what it has set. */
  readonly settings?: readonly string[];
}

export interface Limit {
  /** The key of the policy that sets it, or the rule's own name where none does. */
  readonly name: string;
  /** No key of the policy sets it. */
  readonly isFixed?: true;
  readonly summary: string;
  /** The bound as a person would write it, for `Describe`. */
  shown(policy: HostPolicy): string;
  /** What the host has of it now, in words, where that can be seen without a proposal. */
  seen?(policy: HostPolicy, host: HostFigures): string;
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
