/** The kernel as a holder sees it: the port through which faults touch processes. */
import type { ProcessIdentity } from '../../proto/identity.ts';

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
  /** Looks for threads that ended and reaps them, so that a killed target does not stay a zombie. @returns false once it is gone. */
  tend(): boolean;
  /** Detaches each thread with the signal that it was about to receive, if any. Idempotent. */
  release(): void;
}

export interface HolderKernel {
  /** Milliseconds on CLOCK_BOOTTIME (clock_gettime(2)): counts suspend, ignores clock steps. */
  bootMs(): number;
  /** Blocks this thread for less than 100 ms. */
  sleepMs(ms: number): void;
  /** @throws when the target is gone, or may not be traced. Everything seized so far is let go again. */
  holdByPtrace(target: HeldTarget): PtraceHold;
  /** Sends a signal by pidfd (pidfd_send_signal(2)). @returns false when the target is gone. @throws on EPERM. */
  signal(target: HeldTarget, signal: number): boolean;
  isAlive(target: HeldTarget): boolean;
  /** CPU time of the calling thread in milliseconds (CLOCK_THREAD_CPUTIME_ID). */
  threadCpuMs(): number;
}
