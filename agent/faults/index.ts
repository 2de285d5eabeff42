/** Every fault that Leash knows: one line each. */
import { customChange } from './custom-change.ts';
import { customRun } from './custom-run.ts';
import { dnsBlock } from './dns-block.ts';
import type { FaultKind } from './fault-kind.ts';
import { networkCut } from './network-cut.ts';
import { networkLoss } from './network-loss.ts';
import { networkRate } from './network-rate.ts';
import { processKill } from './process-kill.ts';
import { processPause } from './process-pause.ts';
import { processSlow } from './process-slow.ts';
import { stressCpu } from './stress-cpu.ts';
import { stressDisk } from './stress-disk.ts';
import { stressFds } from './stress-fds.ts';
import { stressIo } from './stress-io.ts';
import { stressMemory } from './stress-memory.ts';
import { stressPids } from './stress-pids.ts';

export const faultKinds: readonly FaultKind[] = [
  processKill,
  processPause,
  processSlow,
  stressCpu,
  stressMemory,
  stressIo,
  stressDisk,
  stressFds,
  stressPids,
  networkCut,
  networkLoss,
  networkRate,
  dnsBlock,
  customRun,
  customChange,
];

export function findFaultKind(kind: string): FaultKind | undefined {
  return faultKinds.find((candidate) => candidate.kind === kind);
}
