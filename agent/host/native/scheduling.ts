/** Undoing what a stressor would inherit from a well-protected agent (sched_setscheduler(2)). */
import { checked, lazily } from './system-call.ts';

const policyOther = 0;

const setscheduler = lazily('int sched_setscheduler(int pid, int policy, const int *priority)');

/** From a real-time policy back to the ordinary one, for the calling thread and those it will start. */
export function resetSchedulingPolicy(): void {
  checked('sched_setscheduler', setscheduler(0, policyOther, Int32Array.of(0)));
}
