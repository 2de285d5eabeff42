/** Every fault that Leash knows: one line each. */
import type { FaultKind } from './fault-kind.ts';
import { processKill } from './process-kill.ts';
import { processPause } from './process-pause.ts';
import { processSlow } from './process-slow.ts';
import { stressCpu } from './stress-cpu.ts';
import { stressMemory } from './stress-memory.ts';

export const faultKinds: readonly FaultKind[] = [processKill, processPause, processSlow, stressCpu, stressMemory];

export function findFaultKind(kind: string): FaultKind | undefined {
  return faultKinds.find((candidate) => candidate.kind === kind);
}
