/** The holders of an agent that does not answer any more, for whoever must end them without it. */
import type { Pid, ProcessIdentity } from '../../proto/identity.ts';
import { listPids, readBootId } from './process-identity.ts';
import { readStat } from './read-stat.ts';

/**
 * Every living child of the process: an agent has no children but holders, and one that runs programs for it. All of /proc is read, since the kernel's own
 * list of children is exact only while they are all stopped (proc_pid_task_tid_children(5)).
 */
export function listHolders(agentPid: Pid, procRoot = '/proc'): readonly ProcessIdentity[] {
  const bootId = readBootId(procRoot);
  return listPids(procRoot).flatMap((pid) => {
    const stat = readStat(`${procRoot}/${pid}/stat`);
    const isHolder = stat?.parentPid === agentPid && stat.state !== 'Z' && stat.state !== 'X';
    return isHolder ? [{ bootId, pid, startTimeTicks: stat.startTimeTicks }] : [];
  });
}
