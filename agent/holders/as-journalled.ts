/** Whether a process is as its journal record says: who stopped it cannot be asked of the kernel afterwards. */
import { HoldFailure } from './hold-failure.ts';
import type { HeldTarget } from './holder-kernel.ts';

/** @throws HoldFailure target-changed */
export function checkAsJournalled({ identity, wasStopped = false }: HeldTarget, isStopped: boolean): void {
  if (isStopped === wasStopped) return;
  const what = isStopped ? 'was stopped by somebody else' : 'was stopped, and was set going by somebody else';
  throw new HoldFailure('target-changed', `process ${identity.pid} ${what} after it was looked at`);
}
