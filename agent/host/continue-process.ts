/** The undo of a stop by signal, for whoever replays the journal. */
import { constants } from 'node:os';
import type { ProcessIdentity } from '../../proto/identity.ts';
import { HoldFailure } from '../holders/hold-failure.ts';
import { readLivingState } from './living-thread.ts';
import { closePidfd, signalPidfd } from './native/pidfd.ts';
import { openProcess } from './process-identity.ts';

/** SIGCONT by pidfd to exactly this process, and only when it is stopped. Needs no memory of the stop; never throws. */
export function continueProcess(
  identity: ProcessIdentity,
  procRoot = '/proc',
): 'continued' | 'gone' | 'not-stopped' | 'failed' {
  try {
    const pidfd = openProcess(identity, procRoot);
    try {
      if (readLivingState(identity.pid, procRoot) !== 'T') return 'not-stopped';
      return signalPidfd(pidfd, constants.signals.SIGCONT) ? 'continued' : 'gone';
    } finally {
      closePidfd(pidfd);
    }
  } catch (error) {
    return error instanceof HoldFailure ? 'gone' : 'failed';
  }
}
