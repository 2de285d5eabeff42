/**
 * The contract of a fault: one file of this folder implements it, and one line of `index.ts` lists it.
 *
 * A fault runs inside a holder, a process of its own that the agent starts for one inject. The holder has armed its
 * kernel timer and checked that its agent lives before `hold` is called, and the agent has recorded the intent. What
 * `hold` touches must be undone by the kernel when the holder ends (binding `kernel`), or by the typed undo that was
 * journalled before (`journal`), or not at all (`one-shot`, which takes consent). Effects are looked at from outside
 * the holder, by the agent, through `HostView`.
 */

import type { Binding, Outcome } from '../../proto/fault.ts';
import type { ProcessIdentity } from '../../proto/identity.ts';
import type { Briefing, Question } from '../core/briefing.ts';
import type { ChangePort } from '../core/change.ts';
import type { Likeness, ProcessFacts } from '../core/process.ts';
import type { KeptSetting, SettingsPort, WantedSetting } from '../core/setting.ts';
import type { HeldTarget, HolderKernel } from '../holders/holder-kernel.ts';
import type { FileSystemSpace } from '../holders/stress-kernel.ts';
import type { ParametersOf, ParameterTable } from './parameter.ts';
import type { StressView } from './stress-view.ts';

/** What a fault cannot do without. `Describe`, refusals and the systemd unit follow from these rows. */
export interface Need {
  readonly kind: 'capability' | 'path' | 'helper' | 'kernel';
  /** CAP_SYS_PTRACE, /proc, nft, pidfd … */
  readonly name: string;
  /** The bindings that need it; a fault falls back to its next binding where one is missing. */
  readonly bindings: readonly Binding[];
  readonly remedy: string;
}

/** What a fault asks of the host, for the caps of the host's policy. */
export interface Magnitude {
  /** Of all CPUs of the host together: 0 to 100. */
  readonly cpuPercent?: number;
  readonly memoryBytes?: number;
  /** Read and written, all together. */
  readonly ioBytesPerSecond?: number;
  /** How full the file system would be, with what others have: 0 to 100. */
  readonly diskPercent?: number;
  /** What would stay free on the file system. */
  readonly diskLeftBytes?: number;
  readonly openFiles?: number;
  /** Processes and threads. */
  readonly tasks?: number;
  /** The nice value that its targets get. */
  readonly nice?: number;
  /** The host itself is booted again. */
  readonly reboots?: boolean;
  /** A program of the host's own list, and its arguments. */
  readonly program?: { readonly name: string; readonly args: readonly string[] };
}

export type { FileSystemSpace };

/** What the host is and has at the moment when a magnitude is worked out. */
export interface MagnitudeHost {
  readonly cpus: number;
  readonly memoryBytes: number;
  /** All of it for a fault that is there already, since what it took is no longer available. */
  readonly memoryAvailableBytes?: number;
  /** Of the fault's `directory`; absent where it cannot be asked, and for a fault that is there already. */
  readonly fileSystem?: FileSystemSpace;
  /** The limit on open files, or infinite. */
  readonly openFilesMax?: number;
  /** The limit of the cgroup for stressors; absent where it has none. */
  readonly stressTasksMax?: number;
}

export interface HoldContext<Table extends ParameterTable> {
  readonly parameters: ParametersOf<Table>;
  /** Verified by pidfd; empty for a fault of the whole host. */
  readonly targets: readonly HeldTarget[];
  readonly binding: Binding;
  readonly kernel: HolderKernel;
  /** The answers to what the kind `asksHost`. */
  readonly briefing: Briefing;
  /** What it `sets`, with what it was before, as the journal has it. */
  readonly kept: readonly KeptSetting[];
}

/** What the holder has in its hands. */
export interface Hold {
  /** One line per target or, for a fault of the host, one line. */
  readonly touched: readonly string[];
  /** Lets go of one target, or of all. Never throws for a target that is gone; idempotent. */
  release(target?: ProcessIdentity): void | Promise<void>;
  /**
   * Resolves when there is nothing left to hold: every target ended by itself, or a one-shot act is complete.
   * Rejects when the fault had to let go of everything before its time, for example because a floor was crossed.
   */
  readonly finished: Promise<void>;
}

/** The state letters of a process's threads, or that it no longer exists (a zombie counts as gone). */
export type ThreadsSeen = { readonly kind: 'gone' } | { readonly kind: 'threads'; readonly states: readonly string[] };

/** A table of packet filter rules (nft(8)). */
export interface RuleTable {
  readonly name: string;
  /** The netlink port whose socket it goes with; undefined for a table that stays. */
  readonly ownerPort: number | undefined;
  readonly rules: number;
}

export type RuleTablesSeen =
  | { readonly kind: 'seen'; readonly tables: readonly RuleTable[] }
  /** This process may not look. */
  | { readonly kind: 'unknown'; readonly why: string };

/** How the agent looks at the host: read-only, and never through the holder's word. */
export interface HostView extends StressView {
  threads(identity: ProcessIdentity): ThreadsSeen;
  /** Whether its first thread that lives is in a stop, by tracing or by signal, at this instant. One file is read: cheap enough to ask many times. */
  isStopped(identity: ProcessIdentity): boolean;
  /**
   * A process that started after the given one, or not before `notBeforeBootMs` where that is known, and has its
   * executable and user, and its parent or its arguments. The instant matters in a pool of equal workers. To look at all
   * processes takes a while, and nobody waits for it: undefined also while it is being looked, so ask again.
   */
  successorOf(process: Likeness, notBeforeBootMs?: number): ProcessIdentity | undefined;
  /** MemTotal of /proc/meminfo. */
  memoryTotalBytes(): number;
  /** CPU time in milliseconds of a process of ours, or undefined once it is gone. */
  cpuTimeMs(identity: ProcessIdentity): number | undefined;
  /** Resident bytes of a process of ours, or undefined once it is gone. */
  residentBytes(identity: ProcessIdentity): number | undefined;
  /** The tables of family inet whose names begin so, as the kernel has them. */
  ruleTables(prefix: string): RuleTablesSeen;
  /** Living processes of the session that a holder leads, without the holder itself. */
  inSessionOf(identity: ProcessIdentity): readonly ProcessIdentity[];
}

/** A fault under observation. `holders` are the holder and its children, by identity. */
export interface Sight<Table extends ParameterTable> {
  readonly host: HostView;
  readonly parameters: ParametersOf<Table>;
  readonly targets: readonly ProcessFacts[];
  readonly holders: readonly ProcessIdentity[];
  /** State letter of each target's threads before the touch, so that a target that was stopped before is known. */
  readonly wasStopped: readonly boolean[];
  /** When the touch was ordered, on CLOCK_BOOTTIME: a successor is not older than this. */
  readonly touchedAtBootMs?: number;
  /** What its holder was told; of an earlier agent's fault, what it would be told now. */
  readonly briefing?: Briefing;
  /** Absent where no program may be run. */
  readonly changes?: ChangePort;
  /** What it set, with what it was before. */
  readonly kept?: readonly KeptSetting[];
  readonly settings?: SettingsPort;
  /** What `gauge` said; nothing of an earlier agent's fault. */
  readonly gauged?: Gauged;
}

/** A figure at an instant of CLOCK_BOOTTIME. */
export interface Figure {
  readonly value: number;
  readonly atBootMs: number;
}

export interface Gauged {
  /** When the holder was there, and nothing touched. */
  readonly before?: Figure;
  readonly touched?: Figure;
  /** When the end was ordered, if the holder was there still. */
  readonly ending?: Figure;
}

/** Nearly all looks are at files, and need no waiting. */
export type Awaitable<Value> = Value | Promise<Value>;

export interface SeenTarget {
  readonly outcome: Outcome;
  readonly seen: string;
  readonly threads: number;
  readonly threadsRunning: number;
  readonly successor?: ProcessIdentity;
}

export interface FaultKind<Table extends ParameterTable = ParameterTable> {
  readonly kind: string;
  readonly summary: string;
  readonly aim: 'processes' | 'host';
  /** In order of preference. */
  readonly bindings: readonly Binding[];
  /** Whether it takes the one ptrace hold that a process can have. */
  readonly holdsByPtrace: boolean;
  /** The typed undo that is journalled before the touch when the binding is `journal`. */
  readonly undo: 'continue' | 'change' | 'settings' | 'none';
  readonly needs: readonly Need[];
  /** What `hold` must know of the host. */
  readonly asksHost?: Question;
  readonly parameters: Table;
  /** @throws InvalidInput for combinations that no single row can refuse. */
  check?(parameters: ParametersOf<Table>): void;
  /** Fewer bindings, where a parameter rules some out; `bindings` when left out. */
  bindingsFor?(parameters: ParametersOf<Table>): readonly Binding[];
  /** For what holds its targets still: whether that is without the caller's word that their supervisor's watchdog may bite. */
  mindsWatchdog?(parameters: ParametersOf<Table>): boolean;
  /** Whether all that descends from a target is a target too. */
  takesTree?(parameters: ParametersOf<Table>): boolean;
  /** Matching processes that must stay untouched, by the caller's own word. */
  survivorsMin?(parameters: ParametersOf<Table>): number;
  magnitude(parameters: ParametersOf<Table>, host: MagnitudeHost): Magnitude;
  /** Where it writes: the policy must allow that path. */
  directory?(parameters: ParametersOf<Table>): string;
  /** The change of the host's own list that it makes: what is in place already is refused, and nobody's but ours to undo. */
  change?(parameters: ParametersOf<Table>): string;
  /**
   * What it sets, where its undo is `settings`: one for each target, in their order, or some for the host. The agent reads
   * and journals what it was before.
   */
  sets?(
    parameters: ParametersOf<Table>,
    targets: readonly ProcessIdentity[],
    briefing: Briefing,
  ): readonly WantedSetting[];
  /** The only types of file system that `directory` may be on; any when left out. */
  readonly fileSystems?: readonly string[];
  /**
   * A figure of the host that the fault moves, so that a look can tell what has changed. Read in the agent: before the
   * touch, right after it, and when the end is ordered. Undefined when there is nothing to read.
   */
  gauge?(sight: Sight<Table>): number | undefined;
  /** Runs in the holder. Either everything is held when it returns, or it has let go of all and throws. */
  hold(context: HoldContext<Table>): Promise<Hold>;
  /** Runs in the agent after the touch: whether the effect is seen. Asked again until it is, for a short while. */
  seeEffect(sight: Sight<Table>): Awaitable<{ readonly isSeen: boolean; readonly seen: string }>;
  /** Runs in the agent after the end: one entry per target, or one for the host. Asked again until all are confirmed. */
  seeRestored(sight: Sight<Table>): Awaitable<readonly SeenTarget[]>;
}
