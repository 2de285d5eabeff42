/** SIGKILL to a process by its identity, never by its number alone. */
import type { ProcessIdentity } from '../../proto/identity.ts';
import { closePidfd, signalPidfd } from './native/pidfd.ts';
import { openProcess } from './process-identity.ts';

const signalKill = 9;

/** @returns whether there was such a process, and it may be killed; never throws. */
export function killExactly(identity: ProcessIdentity): boolean {
  try {
    const pidfd = openProcess(identity);
    try {
      return signalPidfd(pidfd, signalKill);
    } finally {
      closePidfd(pidfd);
    }
  } catch {
    return false;
  }
}
