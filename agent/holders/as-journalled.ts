/** Whether a process is as its journal record says: who stopped it cannot be asked of the kernel afterwards. */
import { HoldFailure } from './hold-failure.ts';
import type { HeldTarget } from './holder-kernel.ts';

/** @returns false for one that was stopped before: it is left alone. @throws HoldFailure target-changed */
export function isOursToStop({ identity, wasStopped = false }: HeldTarget, isStopped: boolean): boolean {
  if (isStopped === wasStopped) return !wasStopped;
  const what = isStopped ? 'was stopped by somebody else' : 'was stopped, and was set going by somebody else';
  throw new HoldFailure('target-changed', `process ${identity.pid} ${what} after it was looked at`);
}
