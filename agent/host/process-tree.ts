/** All that descends from some processes, as /proc shows it now. */
import type { ProcessIdentity } from '../../proto/identity.ts';
import type { ProcStat } from './proc-stat.ts';
import { listPids } from './process-identity.ts';
import { readStat } from './read-stat.ts';

/** Without the roots themselves, and without what has ended. One file is read of each process of the host. */
export function findDescendants(roots: readonly ProcessIdentity[], procRoot = '/proc'): readonly ProcessIdentity[] {
  const children = new Map<number, ProcStat[]>();
  for (const pid of listPids(procRoot)) {
    const stat = readStat(`${procRoot}/${pid}/stat`);
    if (stat) children.set(stat.parentPid, [...(children.get(stat.parentPid) ?? []), stat]);
  }
  const bootId = roots[0]?.bootId ?? '';
  const found = new Map<number, ProcessIdentity>();
  const pending: number[] = roots.map(({ pid }) => pid);
  for (let parent = pending.pop(); parent !== undefined; parent = pending.pop()) {
    for (const { pid, state, threads, startTimeTicks } of children.get(parent) ?? []) {
      const hasEnded = (state === 'Z' || state === 'X') && threads <= 1;
      if (hasEnded || found.has(pid)) continue;
      found.set(pid, { bootId, pid: pid as ProcessIdentity['pid'], startTimeTicks });
      pending.push(pid);
    }
  }
  for (const { pid } of roots) found.delete(pid);
  return [...found.values()];
}
