/** Holding a process by SIGSTOP, where ptrace is not to be had. The kernel does not undo it: the journal must. */
import { constants } from 'node:os';
import { readLivingState } from '../host/living-thread.ts';
import { signalPidfd } from '../host/native/pidfd.ts';
import { isOursToStop } from './as-journalled.ts';
import { HoldFailure } from './hold-failure.ts';
import type { HeldTarget, StopHold } from './holder-kernel.ts';

/**
 * Nothing is sent to a process that was stopped before, and none that is not as it was journalled is held: after a
 * crash, the journal alone says whose stop it is.
 * @throws HoldFailure target-gone, target-changed; SystemCallError EPERM.
 */
export function holdByStop(target: HeldTarget): StopHold {
  // Its number may be another's by now: only the pidfd tells.
  send(target, 0);
  const isOurs = isOursToStop(target, readLivingState(target.identity.pid) === 'T');
  if (!isOurs) return { target, wasStopped: true, release() {} };
  send(target, constants.signals.SIGSTOP);
  let isReleased = false;
  return {
    target,
    wasStopped: false,
    release() {
      if (!isReleased) signalPidfd(target.pidfd, constants.signals.SIGCONT);
      isReleased = true;
    },
  };
}

function send({ pidfd, identity }: HeldTarget, signal: number): void {
  if (!signalPidfd(pidfd, signal)) throw new HoldFailure('target-gone', `process ${identity.pid} is gone`);
}
