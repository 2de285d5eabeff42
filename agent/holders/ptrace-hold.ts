/**
 * Holding a process by ptrace: every thread is seized and interrupted, and none is ever waited for in a way that would
 * consume its stop. So whatever happens to this process, the kernel detaches each thread with the signal that it was
 * about to receive, and the target runs on as if it had merely been slow.
 */
import { hasEnded } from '../host/native/pidfd.ts';
import { detach, eventClone, eventMessage, interrupt, seize } from '../host/native/ptrace.ts';
import { hasCode } from '../host/native/system-call.ts';
import { blockForMs } from '../host/native/thread-clock.ts';
import { lookAtTracee, reap } from '../host/native/wait.ts';
import { HoldFailure } from './hold-failure.ts';
import type { HeldTarget, PtraceHold } from './holder-kernel.ts';
import { hasExited, listThreads, readThreadStatus } from './thread-status.ts';

/** A thread that waits for its vfork child, or sleeps uninterruptibly, does not stop before that is over. */
const stopWithinMs = 200;
/** How late a stop may be noticed: a turn of `process.slow` counts it as time to run. */
const stopPollMsMax = 0.2;

/** @throws HoldFailure target-gone, target-held, fault-unavailable; whatever had been seized runs again by then. */
export function holdByPtrace(target: HeldTarget, bootMs: () => number): PtraceHold {
  // Also before: a turn may begin long after the target ended, and a process that has its pid now is not to be stopped at all.
  if (hasEnded(target.pidfd)) throw gone(target);
  const hold = createHold(target, bootMs() + stopWithinMs, bootMs);
  try {
    hold.seizeAll();
    // The pid meant our process all the while if the pidfd still does now: a number is reused only after the reaping.
    if (hasEnded(target.pidfd) || hold.isEmpty()) throw gone(target);
    return hold;
  } catch (error) {
    hold.awaitStops();
    hold.release();
    throw error;
  }
}

interface SeizingHold extends PtraceHold {
  seizeAll(): void;
  awaitStops(): void;
  isEmpty(): boolean;
}

function createHold(target: HeldTarget, stopBeforeBootMs: number, bootMs: () => number): SeizingHold {
  const { pid } = target.identity;
  /** Traced, interrupted, and not yet seen in a stop. */
  const stopping = new Set<number>();
  const stopped = new Set<number>();
  /** Traced because a thread of the target made them, but not of the target: they are let go as soon as they stop. */
  const strangers = new Set<number>();
  let isReleased = false;

  /**
   * Until a listing shows no thread that is not ours: one that was interrupted but has not stopped yet may still make
   * another, which the kernel then attaches for us.
   */
  function seizeAll(): void {
    for (;;) {
      const fresh = listThreads(pid).filter((tid) => !stopping.has(tid) && !stopped.has(tid));
      const seized = fresh.filter((tid) => seizeThread(target, tid));
      for (const tid of seized) stopping.add(tid);
      if (seized.length > 0 || stopping.size > 0) awaitStops();
      if (seized.length === 0 || bootMs() >= stopBeforeBootMs) break;
    }
    expelStrangers();
  }

  function awaitStops(): void {
    for (let pauseMs = 0.05; ; pauseMs = Math.min(pauseMs * 2, stopPollMsMax)) {
      noteStops();
      if (stopping.size === 0 || bootMs() >= stopBeforeBootMs) return;
      blockForMs(pauseMs);
    }
  }

  function noteStops(): void {
    for (const tid of stopping) {
      const seen = lookAtTracee(tid);
      if (seen.kind === 'running') continue;
      stopping.delete(tid);
      if (seen.kind === 'ended') reap(tid);
      if (seen.kind !== 'stopped') continue;
      stopped.add(tid);
      if (seen.event === eventClone) noteClone(tid);
    }
  }

  /** A process made by clone(2) without SIGCHLD is traced just as a new thread is, but nobody asked to hold it. */
  function noteClone(parentTid: number): void {
    const tid = unlessGone(() => eventMessage(parentTid));
    const status = tid === undefined ? undefined : readThreadStatus(tid);
    if (tid === undefined || status?.tracerPid !== process.pid) return;
    if (status.threadGroup !== pid) strangers.add(tid);
    else if (!stopped.has(tid)) stopping.add(tid);
  }

  /** Also a tid that was reused between the listing and the seizing: it is traced, but not in the target's list. */
  function expelStrangers(): void {
    const own = new Set(listThreads(pid));
    for (const tid of [...stopping, ...stopped]) {
      if (own.has(tid)) continue;
      stopping.delete(tid);
      stopped.delete(tid);
      strangers.add(tid);
    }
    letGoOf(strangers);
  }

  return {
    target,
    get threadsHeld() {
      return stopped.size;
    },
    get threadsNotHeld() {
      return stopping.size;
    },
    seizeAll,
    awaitStops,
    isEmpty: () => stopping.size === 0 && stopped.size === 0,
    tend() {
      noteStops();
      letGoOf(strangers);
      if (isReleased) letGoOf(stopped);
      for (const tid of stopped) if (reap(tid)) stopped.delete(tid);
      return stopped.size + stopping.size > 0;
    },
    release() {
      isReleased = true;
      // A thread that has not stopped cannot be detached. It runs; `tend` detaches it when it stops.
      noteStops();
      letGoOf(stopped);
      letGoOf(strangers);
    },
  };
}

/** Threads that have not stopped yet, or were killed and have not ended yet, stay in the set for the next time. */
function letGoOf(tids: Set<number>): void {
  for (const tid of tids) if (letGo(tid)) tids.delete(tid);
}

/** @returns whether the thread is traced by us now; false for one that is gone. */
function seizeThread(target: HeldTarget, tid: number): boolean {
  // Twice: another tracer may have let go between the refusal and the question who it was.
  for (const isLastTry of [false, true]) {
    try {
      seize(tid);
      unlessGone(() => interrupt(tid));
      return true;
    } catch (error) {
      if (hasCode(error, 'ESRCH')) return false;
      if (!hasCode(error, 'EPERM')) throw error;
    }
    const status = readThreadStatus(tid);
    // An exited first thread whose process lives on answers EPERM too.
    if (!status || hasExited(status) || status.threadGroup !== target.identity.pid) return false;
    if (status.tracerPid === process.pid) return true;
    if (status.tracerPid !== 0) {
      throw new HoldFailure('target-held', `process ${target.identity.pid} is traced by process ${status.tracerPid}`);
    }
    if (isLastTry) {
      throw new HoldFailure(
        'fault-unavailable',
        `process ${target.identity.pid} may not be traced: CAP_SYS_PTRACE is missing, or Yama forbids it`,
      );
    }
  }
  return false;
}

/** @returns whether the thread is no longer traced by us; one that has not stopped cannot be detached. */
function letGo(tid: number): boolean {
  const seen = lookAtTracee(tid);
  switch (seen.kind) {
    case 'gone':
      return true;
    case 'ended':
      return reap(tid);
    case 'stopped':
      return hasDetached(tid, seen.signal);
    case 'running':
      return false;
  }
}

/** @returns false for a thread that was killed since it was looked at: it will have to be reaped. */
function hasDetached(tid: number, signal: number): boolean {
  try {
    detach(tid, signal);
    return true;
  } catch (error) {
    if (hasCode(error, 'ESRCH')) return false;
    throw error;
  }
}

function unlessGone<Value>(call: () => Value): Value | undefined {
  try {
    return call();
  } catch (error) {
    if (hasCode(error, 'ESRCH')) return undefined;
    throw error;
  }
}

function gone(target: HeldTarget): HoldFailure {
  return new HoldFailure('target-gone', `process ${target.identity.pid} is gone`);
}
