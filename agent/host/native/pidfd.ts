/** Pidfds: descriptors that stand for one process, and never for a later one with its number (pidfd_open(2)). */
import { closeSync } from 'node:fs';
import type { Pid } from '../../../proto/identity.ts';
import { checked, hasCode, lastError, lazily } from './system-call.ts';

// The same numbers on every architecture: both calls are younger than the common table (syscalls(2)).
const pidfdSendSignal = 424;
const pidfdOpen = 434;
const pollIn = 1;

const syscallOpen = lazily('long syscall(long number, int pid, unsigned int flags)');
const syscallSignal = lazily('long syscall(long number, int pidfd, int signal, void *info, unsigned int flags)');
const poll = lazily('int poll(_Inout_ uint8_t *descriptors, unsigned long count, int timeoutMs)');

/** Close-on-exec. @throws SystemCallError ESRCH, EMFILE, ENOSYS (before Linux 5.3). */
export function openPidfd(pid: Pid): number {
  return checked('pidfd_open', syscallOpen(pidfdOpen, pid, 0));
}

/** @returns false when the process is gone and reaped. @throws SystemCallError EPERM. */
export function signalPidfd(pidfd: number, signal: number): boolean {
  if (syscallSignal(pidfdSendSignal, pidfd, signal, null, 0) >= 0) return true;
  const error = lastError('pidfd_send_signal');
  if (hasCode(error, 'ESRCH')) return false;
  throw error;
}

/** Whether every thread of the process has ended; true for a zombie. Needs no permission. */
export function hasEnded(pidfd: number): boolean {
  // struct pollfd { int fd; short events; short revents; }
  const descriptor = Buffer.alloc(8);
  descriptor.writeInt32LE(pidfd, 0);
  descriptor.writeInt16LE(pollIn, 4);
  return checked('poll', poll(descriptor, 1, 0)) > 0;
}

export function closePidfd(pidfd: number): void {
  closeSync(pidfd);
}
