/** What a stressor gives up of the protection that it inherited: it must never win against the agent that holds it. */
import { writeFileSync } from 'node:fs';
import { resetScheduling } from '../host/native/scheduling.ts';

const mostLikelyKilled = '1000';

/** @param cgroup the folder of the sub-cgroup for stressors. @throws Error where it may not be entered. */
export function becomeStressor(cgroup: string | undefined): void {
  // First in the line of the out-of-memory killer (proc_pid_oom_score_adj(5)); raising it is always permitted.
  writeFileSync('/proc/self/oom_score_adj', mostLikelyKilled);
  resetScheduling();
  if (cgroup !== undefined) writeFileSync(`${cgroup}/cgroup.procs`, String(process.pid));
}
