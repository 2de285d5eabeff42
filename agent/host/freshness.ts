/**
 * Which of the processes that were read at an earlier look need not be read again. A process may exec another program,
 * change its user or name, or be moved to another control group, and no listing tells: nearly all do so within
 * seconds of their start, and so those seconds are not trusted, nor is anything for long.
 */
import type { ProcessFacts, ProcessTable } from '../core/process.ts';
import type { Place } from './living-thread.ts';
import { tickMs } from './read-stat.ts';

/**
 * `now`: each process is read. `recently`: only those that are new, young, or were read too long ago; another may have
 * changed up to 30 s ago, and stand in the table as it was.
 */
export type Freshness = 'now' | 'recently';

/** When a process was read, and from which directory of /proc (see `ListedProcess.inode`). */
export interface Reading {
  readonly inode: number | undefined;
  readonly place: Place;
  readonly atBootMs: number;
}

const settledAfterMs = 10_000;
const ageMinMs = 15_000;
/** Spread, so that not all of them are read again in the same look. */
const agesMs = 15_000;

/** Whether what was read then holds for the process that is listed now. */
export function stillHolds(
  { identity }: ProcessFacts,
  then: Reading,
  inode: number | undefined,
  nowBootMs: number,
): boolean {
  const { pid, startTimeTicks } = identity;
  if (inode === undefined || inode !== then.inode) return false;
  if (then.atBootMs - startTimeTicks * tickMs < settledAfterMs) return false;
  return nowBootMs - then.atBootMs < ageMinMs + ((pid * 7919) % agesMs);
}

/** Its parent has ended, and another one, older than itself, has taken it on; or the pid of the parent is a younger process. */
export function hasLostParent(process: ProcessFacts, processes: ProcessTable['processes']): boolean {
  const { parentPid, identity } = process;
  if (parentPid === 0) return false;
  const parent = (processes as ReadonlyMap<number, ProcessFacts>).get(parentPid);
  return parent === undefined || parent.identity.startTimeTicks > identity.startTimeTicks;
}
