/** Undoing what a stressor would inherit from a well-protected agent (sched_setscheduler(2), setpriority(2)). */
import { readdirSync } from 'node:fs';
import { constants, getPriority, setPriority } from 'node:os';
import { checked, hasCode, lazily } from './system-call.ts';

const policyOther = 0;

const setscheduler = lazily('int sched_setscheduler(int pid, int policy, const int *priority)');

/**
 * From a real-time policy and from a nice value below 0 back to the ordinary ones. Both belong to a thread and not to the
 * process, and the runtime has started some threads before this is called: each of them is reset, and so those they start.
 */
export function resetScheduling(): void {
  for (const tid of readdirSync('/proc/self/task').map(Number)) {
    try {
      checked('sched_setscheduler', setscheduler(tid, policyOther, Int32Array.of(0)));
      if (getPriority(tid) < constants.priority.PRIORITY_NORMAL) setPriority(tid, constants.priority.PRIORITY_NORMAL);
    } catch (error) {
      // A thread that has ended since it was listed.
      if (!hasCode(error, 'ESRCH') && !isGone(error)) throw error;
    }
  }
}

/** Node wraps the error of getpriority(2). */
function isGone(error: unknown): boolean {
  return error instanceof Error && (error as { info?: { code?: unknown } }).info?.code === 'ESRCH';
}
