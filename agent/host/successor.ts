/** Which process has taken the place of one that is gone. */
import type { ProcessIdentity } from '../../proto/identity.ts';
import type { Likeness } from '../core/process.ts';
import { listPids } from './process-identity.ts';
import type { ProcessReader } from './process-table.ts';
import { readStat, tickMs } from './read-stat.ts';

/** The youngest process that qualifies, see `HostView.successorOf`. One file is read of each process that is too old. */
export function findSuccessor(
  process: Likeness,
  notBeforeBootMs: number | undefined,
  reader: Pick<ProcessReader, 'readProcess'>,
  procRoot = '/proc',
): ProcessIdentity | undefined {
  return findSuccessors(process, notBeforeBootMs, reader, procRoot).at(-1);
}

/** All that qualify, the oldest first. */
export function findSuccessors(
  process: Likeness,
  notBeforeBootMs: number | undefined,
  reader: Pick<ProcessReader, 'readProcess'>,
  procRoot = '/proc',
): readonly ProcessIdentity[] {
  const { pid: formerPid, startTimeTicks: formerTicks } = process.identity;
  // Start times are cut to whole ticks.
  const fromTicks = notBeforeBootMs === undefined ? formerTicks : Math.floor(notBeforeBootMs / tickMs);
  const found: ProcessIdentity[] = [];
  for (const pid of listPids(procRoot)) {
    const startTimeTicks = readStat(`${procRoot}/${pid}/stat`)?.startTimeTicks ?? -1;
    if (startTimeTicks < fromTicks || (pid === formerPid && startTimeTicks === formerTicks)) continue;
    const other = reader.readProcess(pid);
    if (other && other.state !== 'Z' && isLike(other, process)) found.push(other.identity);
  }
  return found.sort((one, other) => one.startTimeTicks - other.startTimeTicks || one.pid - other.pid);
}

function isLike(other: Likeness, process: Likeness): boolean {
  const hasSameProgram = process.exe === undefined ? other.name === process.name : other.exe === process.exe;
  const hasSameArguments = other.cmdline.join('\0') === process.cmdline.join('\0');
  return hasSameProgram && other.uid === process.uid && (other.parentPid === process.parentPid || hasSameArguments);
}
