/** How the agent looks at the host after a touch and after an end: /proc only, and always by identity. */
import { readdirSync } from 'node:fs';
import type { ProcessIdentity } from '../../proto/identity.ts';
import type { HostView, ThreadsSeen } from '../faults/fault-kind.ts';
import { isStopState } from '../faults/seen-threads.ts';
import { livingThreadOf } from './living-thread.ts';
import { readMemory } from './memory.ts';
import type { ProcStat } from './proc-stat.ts';
import { listPids, readBootId } from './process-identity.ts';
import { createProcessReader } from './process-table.ts';
import { readStat, readUnlessGone, tickMs, unlessGone } from './read-stat.ts';
import { readRuleTables } from './rule-tables.ts';
import { createStressView } from './stress-view.ts';
import { createSuccessorFinder } from './successor.ts';

/** @param reader that others read processes by too, so that what it knows of them is there but once. */
export function createHostView(procRoot = '/proc', reader = createProcessReader({ procRoot })): HostView {
  const bootId = readBootId(procRoot);

  /** The stat of exactly this process; a pid that was reused, or an earlier boot, is "gone". */
  function statOf(identity: ProcessIdentity): ProcStat | undefined {
    if (identity.bootId !== bootId) return undefined;
    const stat = readStat(`${procRoot}/${identity.pid}/stat`);
    return stat?.startTimeTicks === identity.startTimeTicks ? stat : undefined;
  }

  function threads(identity: ProcessIdentity): ThreadsSeen {
    if (!statOf(identity)) return { kind: 'gone' };
    const folder = `${procRoot}/${identity.pid}/task`;
    const tids = unlessGone(() => readdirSync(folder)) ?? [];
    // A first thread that has exited stays in the list as a zombie while others live on.
    const states = tids
      .map((tid) => readStat(`${folder}/${tid}/stat`)?.state)
      .filter((state) => state !== undefined && state !== 'Z' && state !== 'X');
    // Asked again: the pid may have changed hands while its threads were read.
    return states.length === 0 || !statOf(identity)
      ? { kind: 'gone' }
      : { kind: 'threads', states: states as string[] };
  }

  return {
    ...createStressView(procRoot, statOf),
    threads,
    isStopped(identity) {
      const stat = statOf(identity);
      return stat !== undefined && isStopState(livingThreadOf(stat, procRoot).stat.state);
    },
    successorOf: createSuccessorFinder(reader),
    memoryTotalBytes: () => readMemory(procRoot).totalBytes,
    ruleTables: readRuleTables,
    inSessionOf(identity) {
      return listPids(procRoot).flatMap((pid) => {
        const stat = readStat(`${procRoot}/${pid}/stat`);
        // The number of a session is not given to a process while anyone is in it.
        const isInIt =
          stat?.sessionId === identity.pid && pid !== identity.pid && stat.state !== 'Z' && stat.state !== 'X';
        return isInIt ? [{ bootId, pid, startTimeTicks: stat.startTimeTicks }] : [];
      });
    },
    cpuTimeMs(identity) {
      const stat = statOf(identity);
      return stat && stat.state !== 'Z' ? stat.cpuTimeTicks * tickMs : undefined;
    },
    residentBytes(identity) {
      if (!statOf(identity)) return undefined;
      const status = readUnlessGone(`${procRoot}/${identity.pid}/status`);
      // A zombie has no such line.
      const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(status ?? '')?.[1];
      return kibibytes === undefined ? undefined : Number(kibibytes) * 1024;
    },
  };
}
