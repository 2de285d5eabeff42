/** The kernel as a holder sees it: the port through which faults touch processes. */
import type { ProcessIdentity } from '../../proto/identity.ts';
import type { Guard } from '../core/briefing.ts';
import type { ListedChange } from '../core/change.ts';
import type { Likeness } from '../core/process.ts';
import type { KeptSetting, SettingSeen } from '../core/setting.ts';
import type { StressKernel } from './stress-kernel.ts';

/** A target whose pidfd the agent opened and passed on: the number cannot come to mean another process. */
export interface HeldTarget {
  readonly identity: ProcessIdentity;
  readonly pidfd: number;
  /** It was stopped when it was journalled: that is not ours to undo. */
  readonly wasStopped?: boolean;
}

/** Threads stopped by ptrace. When this process ends, however it ends, the kernel lets every one of them run. */
export interface PtraceHold {
  readonly target: HeldTarget;
  readonly threadsHeld: number;
  /** Threads that did not stop in time (vfork parents, threads in uninterruptible sleep). */
  readonly threadsNotHeld: number;
  /**
   * Looks for threads that ended and reaps them, so that a killed target does not stay a zombie, and after a release
   * detaches those that had not stopped then. @returns false once there is nothing left to tend.
   */
  tend(): boolean;
  /** Detaches each thread with the signal that it was about to receive, if any. Idempotent. */
  release(): void;
}

/** A process stopped by SIGSTOP. It stays stopped when this process ends, so its undo is journalled. */
export interface StopHold {
  readonly target: HeldTarget;
  /** Then it is left stopped by the release too. */
  readonly wasStopped: boolean;
  /** Idempotent. */
  release(): void;
}

/** Rules of the packet filter that go when this process ends, however it ends. */
export interface HeldRules {
  /** Idempotent. */
  release(): void;
}

/** A program in a PID namespace of its own: when this process ends, the kernel kills all of it. */
export interface HeldProgram {
  readonly pid: number;
  /** Resolves when the program has ended by itself, with how: "exit 0", "signal SIGSEGV". */
  readonly ended: Promise<string>;
  /** SIGKILL, to the program and all that it started. Idempotent. */
  release(): void;
}

/** A change that a process of its own keeps, and undoes when this process ends, however it ends. */
export interface HeldChange {
  /** Of the process that keeps it. */
  readonly pid: number;
  /** Resolves when that process has ended, with how. */
  readonly ended: Promise<string>;
  /** @throws Error in the words of its programs, unless it was then seen to be undone. */
  release(): Promise<void>;
}

/** Of all its life so far. */
export interface CpuUse {
  /** On a CPU, all threads together. */
  readonly ranMs: number;
  readonly firstThreadRanMs: number;
  /** For a CPU, in a run queue. */
  readonly firstThreadWaitedMs: number;
}

export interface HolderKernel extends StressKernel {
  /** The pid of this process. */
  readonly pid: number;
  /** Milliseconds on CLOCK_BOOTTIME (clock_gettime(2)): counts suspend, ignores clock steps. */
  bootMs(): number;
  /** Blocks this thread for less than 100 ms. */
  sleepMs(ms: number): void;
  /**
   * Blocks for 200 ms at most where a thread does not stop.
   * @throws HoldFailure when the target is gone, or may not be traced. Everything seized so far is let go again.
   */
  holdByPtrace(target: HeldTarget): PtraceHold;
  /** @throws HoldFailure when the target is gone, SystemCallError EPERM. */
  holdByStop(target: HeldTarget): StopHold;
  /** Sends a signal by pidfd (pidfd_send_signal(2)). @returns false when the target is gone. @throws on EPERM. */
  signal(target: HeldTarget, signal: number): boolean;
  isAlive(target: HeldTarget): boolean;
  /** Undefined once it is gone. */
  cpuUse(target: HeldTarget): CpuUse | undefined;
  /** What a process that takes the target's place must have; undefined once the target is gone. */
  likenessOf(target: HeldTarget): Likeness | undefined;
  /**
   * Takes one command of nft(8), all of it or nothing. Its table must have `flags owner`.
   * @throws HoldFailure fault-unavailable in the words of nft.
   */
  holdRules(script: string): HeldRules;
  /** By /etc/passwd; digits are a uid. */
  uidOf(user: string): number | undefined;
  /** Where nft(8) finds a cgroup of the unified hierarchy, and how deep it is; undefined where there is none. */
  cgroupOf(path: string): { readonly path: string; readonly level: number } | undefined;
  /**
   * Runs a program without capabilities and without a shell. It is running on return.
   * @throws HoldFailure fault-not-allowed for a file that others than root can write, fault-unavailable.
   */
  holdProgram(executable: string, args: readonly string[]): Promise<HeldProgram>;
  /**
   * Makes a change by the programs of the host's own list, without capabilities. It is in place on return.
   * @throws HoldFailure fault-not-allowed for a file that others than root can write, fault-unavailable; it was undone then.
   */
  holdChange(change: ListedChange): Promise<HeldChange>;
  /** @throws HoldFailure fault-unavailable, target-changed; what was set was put back then. */
  set(kept: KeptSetting): Promise<void>;
  /** Sets the original where the value is ours, and looks. Never rejects. */
  putBack(kept: KeptSetting): Promise<SettingSeen>;
  /**
   * Becomes the program that puts it back, where it takes one: no process has to be started for that. Returns where it
   * takes none, or where it cannot be had; then `putBack` is left.
   */
  endByPuttingBack(kept: KeptSetting): void;
  /** The processes like it that started at that instant or later, the oldest first. */
  successorsOf(process: Likeness, notBeforeBootMs: number): readonly ProcessIdentity[];
  /** @throws HoldFailure target-gone, target-changed. */
  open(identity: ProcessIdentity): HeldTarget;
  close(target: HeldTarget): void;
  /** What descends from the targets now, without them and without what has ended. */
  treeOf(targets: readonly HeldTarget[]): readonly ProcessIdentity[];
  /** Those of the processes that must not be touched, each with the reasons. One that is gone is not among them. */
  protectedAmong(
    identities: readonly ProcessIdentity[],
    guard: Guard,
  ): Promise<readonly { readonly identity: ProcessIdentity; readonly reasons: readonly string[] }[]>;
}
