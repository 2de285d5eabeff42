/** What there is at this very instant, by the disk as a power cut would leave it, and by the kernel. */
import type { Process } from '../world/process.ts';

export const stateDirectory = '/var/lib/leash';

export function readiness({ host, order, kernelTimerAtMs, parentDeathSignal }: Process) {
  const { disk } = host;
  const faultId = order?.faultId ?? '?';
  return {
    isIntentAudited: disk.durable(`${stateDirectory}/audit.jsonl`).includes(faultId),
    isUndoJournalled: disk.durable(`${stateDirectory}/journal`).includes(faultId),
    isKernelTimerArmed: kernelTimerAtMs !== undefined,
    isBoundToAgent: parentDeathSignal !== undefined,
  };
}
