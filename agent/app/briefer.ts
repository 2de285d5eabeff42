/** Answers what faults ask of their host, see core/briefing.ts. */
import type { Briefing, Question } from '../core/briefing.ts';
import type { HostPolicy } from '../core/policy.ts';
import type { ProcessTable } from '../core/process.ts';
import { readControlPath } from '../host/control-path.ts';

export interface BrieferParts {
  policy(): HostPolicy;
  /** TCP ports that the agent listens on now. */
  agentPorts(): readonly number[];
}

export function createBriefer({ policy, agentPorts }: BrieferParts) {
  return (question: Question, table: ProcessTable): Briefing => {
    const now = policy();
    switch (question) {
      case 'controlPath':
        return {
          controlPath: readControlPath({ agentPorts: agentPorts(), processes: table.processes.values() }),
        };
      case 'programs':
        return { programs: now.custom };
      case 'changes':
        return { changes: now.changes };
      case 'guard':
        return { guard: { agentPid: process.pid, protect: now.protect } };
      case 'floors':
        return {
          floors: {
            memoryBytes: now.memoryFloorBytes,
            diskBytes: now.diskFloorBytes,
            openFiles: now.openFilesFloor,
            tasks: now.tasksFloor,
          },
        };
    }
  };
}
