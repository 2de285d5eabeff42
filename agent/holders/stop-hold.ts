/** Holding a process by SIGSTOP, where ptrace is not to be had. The kernel does not undo it: the journal must. */
import { constants } from 'node:os';
import { signalPidfd } from '../host/native/pidfd.ts';
import { HoldFailure } from './hold-failure.ts';
import type { HeldTarget, StopHold } from './holder-kernel.ts';
import { hasExited, listThreads, readThreadStatus } from './thread-status.ts';

/** @throws HoldFailure target-gone; SystemCallError EPERM. */
export function holdByStop(target: HeldTarget): StopHold {
  const wasStopped = isStopped(target.identity.pid);
  let isReleased = false;
  if (!signalPidfd(target.pidfd, constants.signals.SIGSTOP)) {
    throw new HoldFailure('target-gone', `process ${target.identity.pid} is gone`);
  }
  return {
    target,
    wasStopped,
    release() {
      if (!isReleased && !wasStopped) signalPidfd(target.pidfd, constants.signals.SIGCONT);
      isReleased = true;
    },
  };
}

/** A stop is of the whole process, so one living thread tells. */
function isStopped(pid: number): boolean {
  for (const tid of listThreads(pid)) {
    const status = readThreadStatus(tid);
    if (status && !hasExited(status)) return status.state === 'T';
  }
  return false;
}
