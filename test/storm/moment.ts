/** Reaching the instant of a death: by boundaries that are seen from outside, so that the product needs no hooks. */
import { readFileSync } from 'node:fs';
import { threadStates, tracersOf, watchProcessesThatLogTo } from '../rig/proc.ts';
import type { Place } from './place.ts';
import type { Step } from './scenario.ts';

export interface Inject {
  readonly key: string;
  /** 0 for a fault of the host. */
  readonly victimPid: number;
  isAnswered(): boolean;
}

/** Then the boundary was passed unseen, or will never come: the round goes on all the same. */
const boundaryWithinMs = 3000;

/** Passed within microseconds: waited for by a loop that leaves the processor to nobody. */
const narrow: readonly string[] = ['intent-half-written', 'seizing'];

export async function reach(step: Step | 'inject-sent', place: Place, inject: Inject): Promise<void> {
  if (step === 'inject-sent') return;
  const isPassed = watchFor(step, place, inject);
  const deadline = performance.now() + boundaryWithinMs;
  while (!isPassed() && !inject.isAnswered() && performance.now() < deadline) {
    await new Promise((resolve) => (narrow.includes(step) ? setImmediate(resolve) : setTimeout(resolve, 1)));
  }
}

function watchFor(step: Step, place: Place, { key, victimPid }: Inject): () => boolean {
  const own = watchProcessesThatLogTo(place.rig.logPath);
  const newHolders = (): readonly number[] => own().filter((pid) => pid !== place.rig.pid());
  switch (step) {
    case 'intent-half-written':
      return () => place.journalCopies(key) >= 1;
    case 'intent-durable':
      return () => place.journalCopies(key) >= 2;
    case 'holder-started':
      return () => newHolders().length > 0;
    case 'holder-bound':
      return () => newHolders().some(isBound);
    case 'seizing':
      return () => tracersOf(victimPid).length > 0 || threadStates(victimPid).includes('T');
    case 'held':
      return () => isHeld(victimPid);
    case 'acknowledged':
    case 'restoring':
      return () => false;
  }
}

/** By the kernel's list of POSIX timers: a second one is made once the first is armed for the order (proc_pid_timers(5)). */
export function isBound(pid: number): boolean {
  return [...readOr(`/proc/${pid}/timers`).matchAll(/^ID:/gm)].length > 1;
}

export function isHeld(pid: number): boolean {
  const states = threadStates(pid);
  return states.length > 0 && states.every((state) => state === 't' || state === 'T');
}

function readOr(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return '';
  }
}
