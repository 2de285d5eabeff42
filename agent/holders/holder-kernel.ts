/** The kernel as a holder sees it: the port through which faults touch processes. */
import type { ProcessIdentity } from '../../proto/identity.ts';
import type { Likeness } from '../core/process.ts';

/** A target whose pidfd the agent opened and passed on: the number cannot come to mean another process. */
export interface HeldTarget {
  readonly identity: ProcessIdentity;
  readonly pidfd: number;
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

/** Memory that is resident in this process. */
export interface HeldMemory {
  readonly bytes: number;
  /** Idempotent. */
  release(): void;
}

export interface HostMemory {
  readonly totalBytes: number;
  /** What the kernel says can be had without swapping (MemAvailable, proc_meminfo(5)). */
  readonly availableBytes: number;
}

/** Threads of this process that burn CPU time, and end with it. */
export interface CpuBurners {
  /** Resolves when each thread has begun. @throws Error when one cannot be started. */
  readonly begun: Promise<void>;
  /**
   * Resolves when none is left, within a few periods: a thread that were cut off inside a native call would abort the
   * process. Idempotent.
   */
  stop(): Promise<void>;
}

export interface HolderKernel {
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
  /** How long its first thread has been on a CPU or waiting for one, all its life; undefined once it is gone. */
  scheduledMs(target: HeldTarget): number | undefined;
  hostMemory(): HostMemory;
  /** Every page is there on return. @throws SystemCallError ENOMEM. */
  holdMemory(bytes: number): HeldMemory;
  /** `loadPercent` of one CPU in each thread, by a closed loop on the thread's own CPU time. */
  burnCpu(threads: number, loadPercent: number): CpuBurners;
  /** CPUs that this process may run on. */
  cpus(): number;
  /** What a process that takes the target's place must have; undefined once the target is gone. */
  likenessOf(target: HeldTarget): Likeness | undefined;
  /** A process like it that started at that instant or later. */
  successorOf(process: Likeness, notBeforeBootMs: number): ProcessIdentity | undefined;
}
