/**
 * A process whose first thread has exited lives on in the others, under a zombie's pid (pthread_exit(3), NOTES): its own
 * files tell nothing of program, arguments or state then, and those of a thread that lives do.
 */
import { readdirSync } from 'node:fs';
import type { ProcStat } from './proc-stat.ts';
import { readStat, unlessGone } from './read-stat.ts';

/** Where below /proc a process is looked at: "123", or "123/task/456" where its first thread has exited. */
export type Place = string;

export interface LivingThread {
  readonly place: Place;
  readonly stat: ProcStat;
}

/** @param stat of the process. @returns its first thread, unless that has exited and another one lives. */
export function livingThreadOf(stat: ProcStat, procRoot: string): LivingThread {
  const own = { place: String(stat.pid), stat };
  // The kernel counts an exited first thread until the last one has gone.
  if (!hasExited(stat) || stat.threads <= 1) return own;
  for (const tid of unlessGone(() => readdirSync(`${procRoot}/${stat.pid}/task`)) ?? []) {
    const place = `${stat.pid}/task/${tid}`;
    const thread = readStat(`${procRoot}/${place}/stat`);
    if (thread && !hasExited(thread)) return { place, stat: thread };
  }
  return own;
}

/** The state letter of a process as a whole: a stop by signal is one of all its threads. Undefined once it is gone. */
export function readLivingState(pid: number, procRoot = '/proc'): string | undefined {
  const stat = readStat(`${procRoot}/${pid}/stat`);
  return stat && livingThreadOf(stat, procRoot).stat.state;
}

function hasExited({ state }: ProcStat): boolean {
  return state === 'Z' || state === 'X';
}
