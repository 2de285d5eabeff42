/** Every fault that Leash knows: one line each. */
import { cgroupFreeze } from './cgroup-freeze.ts';
import { cgroupLimit } from './cgroup-limit.ts';
import { customChange } from './custom-change.ts';
import { customRun } from './custom-run.ts';
import { dnsBlock } from './dns-block.ts';
import type { FaultKind } from './fault-kind.ts';
import { hostReboot } from './host-reboot.ts';
import { networkCorrupt } from './network-corrupt.ts';
import { networkCut } from './network-cut.ts';
import { networkDelay } from './network-delay.ts';
import { networkDuplicate } from './network-duplicate.ts';
import { networkLoss } from './network-loss.ts';
import { networkRate } from './network-rate.ts';
import { processAffinity } from './process-affinity.ts';
import { processKill } from './process-kill.ts';
import { processPause } from './process-pause.ts';
import { processRenice } from './process-renice.ts';
import { processSlow } from './process-slow.ts';
import { serviceMask } from './service-mask.ts';
import { serviceRestart } from './service-restart.ts';
import { serviceStop } from './service-stop.ts';
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
  processRenice,
  processAffinity,
  stressCpu,
  stressMemory,
  stressIo,
  stressDisk,
  stressFds,
  stressPids,
  networkCut,
  networkLoss,
  networkRate,
  networkDelay,
  networkCorrupt,
  networkDuplicate,
  dnsBlock,
  cgroupLimit,
  cgroupFreeze,
  serviceStop,
  serviceRestart,
  serviceMask,
  hostReboot,
  customRun,
  customChange,
];

export function findFaultKind(kind: string): FaultKind | undefined {
  return faultKinds.find((candidate) => candidate.kind === kind);
}
