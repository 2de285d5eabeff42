/** From a pid, which is recycled, to an identity, and back to a descriptor that cannot come to mean another process. */
import { readdirSync, readFileSync } from 'node:fs';
import { type Pid, type ProcessIdentity, parsePid } from '../../proto/identity.ts';
import { HoldFailure } from '../holders/hold-failure.ts';
import { closePidfd, hasEnded, openPidfd } from './native/pidfd.ts';
import { hasCode } from './native/system-call.ts';
import { readStat } from './read-stat.ts';

export function readBootId(procRoot = '/proc'): string {
  return readFileSync(`${procRoot}/sys/kernel/random/boot_id`, 'latin1').trim();
}

/** Undefined for a process that does not exist. */
export function identify(pid: Pid, procRoot = '/proc'): ProcessIdentity | undefined {
  const stat = readStat(`${procRoot}/${pid}/stat`);
  return stat && { bootId: readBootId(procRoot), pid, startTimeTicks: stat.startTimeTicks };
}

/**
 * A pidfd of exactly this process. The start time is compared after the descriptor was opened, and the process must
 * live after that: so the number that was compared is the number of the process in hand.
 * @throws HoldFailure target-gone (also for a zombie), target-changed; SystemCallError EMFILE.
 */
export function openProcess(identity: ProcessIdentity, procRoot = '/proc'): number {
  const { pid, startTimeTicks } = identity;
  if (identity.bootId !== readBootId(procRoot)) {
    throw new HoldFailure('target-changed', `process ${pid} belongs to an earlier boot of this host`);
  }
  const pidfd = openPidfdOf(pid);
  try {
    const stat = readStat(`${procRoot}/${pid}/stat`);
    if (!stat || hasEnded(pidfd)) throw new HoldFailure('target-gone', `process ${pid} is gone`);
    if (stat.startTimeTicks !== startTimeTicks) {
      throw new HoldFailure('target-changed', `pid ${pid} is another process now: it started at another time`);
    }
    return pidfd;
  } catch (error) {
    closePidfd(pidfd);
    throw error;
  }
}

/** The pids of a listing of /proc, in no order. */
export function listPids(procRoot = '/proc'): readonly Pid[] {
  const names = readdirSync(procRoot).filter((name) => /^\d+$/.test(name));
  return names.map((name) => parsePid(Number(name)));
}

function openPidfdOf(pid: Pid): number {
  try {
    return openPidfd(pid);
  } catch (error) {
    if (hasCode(error, 'ESRCH')) throw new HoldFailure('target-gone', `process ${pid} is gone`);
    throw error;
  }
}
