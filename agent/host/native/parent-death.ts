/** What the kernel sends this process when the thread that started it ends (PR_SET_PDEATHSIG(2const)). */
import { checked, lazily } from './system-call.ts';

const setParentDeathSignal = 1;

const prctl = lazily('int prctl(int option, unsigned long value)');
const getppid = lazily('int getppid()');

/**
 * The signal is not sent for a parent that is gone already: compare `parentPid` afterwards, or lose that race.
 * Cleared by an exec with file capabilities and by a change of uid.
 */
export function armParentDeathSignal(signal: number): void {
  checked('prctl(PR_SET_PDEATHSIG)', prctl(setParentDeathSignal, signal));
}

/** Unlike `process.ppid` never cached. */
export function parentPid(): number {
  return getppid();
}
