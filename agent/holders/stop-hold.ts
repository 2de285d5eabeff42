/** Holding a process by SIGSTOP, where ptrace is not to be had. The kernel does not undo it: the journal must. */
import { constants } from 'node:os';
import { readLivingState } from '../host/living-thread.ts';
import { signalPidfd } from '../host/native/pidfd.ts';
import { HoldFailure } from './hold-failure.ts';
import type { HeldTarget, StopHold } from './holder-kernel.ts';

/** @throws HoldFailure target-gone; SystemCallError EPERM. */
export function holdByStop(target: HeldTarget): StopHold {
  const wasStopped = readLivingState(target.identity.pid) === 'T';
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
