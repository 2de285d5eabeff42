/** Processes and tables of them, for tests of the pure core. */
import type { ProcessFacts, ProcessTable } from '../../../agent/core/process.ts';
import { type Pid, parsePid } from '../../../proto/identity.ts';

export const bootId = 'boot-a';

export function processOf(pid: number, facts: Partial<Omit<ProcessFacts, 'identity'>> = {}): ProcessFacts {
  return {
    identity: { bootId, pid: parsePid(pid), startTimeTicks: 1000 + pid },
    parentPid: 1,
    name: `process-${pid}`,
    state: 'S',
    uid: 1000,
    gid: 1000,
    cmdline: [],
    cgroup: '/',
    threads: 1,
    residentBytes: 4096,
    sessionId: pid,
    isKernelThread: false,
    ...facts,
  };
}

export function tableOf(...processes: readonly ProcessFacts[]): ProcessTable {
  return { bootId, processes: new Map<Pid, ProcessFacts>(processes.map((process) => [process.identity.pid, process])) };
}
