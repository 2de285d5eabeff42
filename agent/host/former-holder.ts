/**
 * A holder whose agent died ends by itself: by its parent-death signal, its timer or the end of its input. One that was
 * stopped before it had armed any of them does not, and an agent that waits for its end would wait for ever.
 */
import { readFileSync } from 'node:fs';
import type { ProcessIdentity } from '../../proto/identity.ts';
import { closePidfd, signalPidfd } from './native/pidfd.ts';
import { openProcess } from './process-identity.ts';
import { readStat } from './read-stat.ts';

const signalKill = 9;

/**
 * SIGKILL to exactly this process, if it is stopped and runs the holder program. The journal that names it is not
 * believed further than that: whatever else its author names is left alone. @returns whether it was killed; never throws.
 */
export function endStoppedHolder(identity: ProcessIdentity, programPath: string): boolean {
  try {
    const pidfd = openProcess(identity);
    try {
      const isStopped = readStat(`/proc/${identity.pid}/stat`)?.state === 'T';
      const words = readFileSync(`/proc/${identity.pid}/cmdline`, 'latin1').split('\0');
      return isStopped && words.includes(programPath) && signalPidfd(pidfd, signalKill);
    } finally {
      closePidfd(pidfd);
    }
  } catch {
    return false;
  }
}
