/** Ties this process to the one that started it: when that one ends, however it ends, this one is told to stop. */
import { constants } from 'node:os';
import { requireLibc } from './libc.ts';

const setParentDeathSignal = 1;

/**
 * Arms PR_SET_PDEATHSIG (prctl(2)) and then looks whether the parent is gone already: a parent that dies between fork and
 * prctl sends nothing. Call it from the main thread. SIGTERM lets this process stop in order, but a process that is
 * stopped itself only ends by SIGKILL.
 *
 * @throws Error where native calls are not to be had, or when the parent is no longer `parentPid`.
 */
export function tetherTo(parentPid: number, signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM'): void {
  const libc = requireLibc();
  const prctl = libc.func('int prctl(int option, unsigned long a, unsigned long b, unsigned long c, unsigned long d)');
  if (prctl(setParentDeathSignal, constants.signals[signal], 0, 0, 0) !== 0)
    throw new Error('prctl(PR_SET_PDEATHSIG) failed');
  if (process.ppid !== parentPid) throw new Error(`the process that started this one (${parentPid}) is gone`);
}
