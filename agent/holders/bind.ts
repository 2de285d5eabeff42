/** The first thing that a holder does with its order: to bind itself, so that it cannot outlive what it was ordered for. */
import type { FaultKind } from '../faults/fault-kind.ts';
import { type HolderReport, type HoldOrder, kernelGraceMs } from './hold-order.ts';
import { createHolder, type RunningHolder } from './holder.ts';
import type { HolderKernel } from './holder-kernel.ts';

/** The holder's own process, as far as binding is about it. */
export interface HolderProcess {
  findFaultKind(kind: string): FaultKind | undefined;
  /** Leaves the group of the agent, for the one of stressors. */
  becomeStressor(cgroup: string | undefined): void;
  /** PR_SET_PDEATHSIG(2const). */
  armParentDeathSignal(signal: number): void;
  parentPid(): number;
  readonly kernelTimer: { arm(atBootMs: number): void };
  readonly kernel: HolderKernel;
  report(report: HolderReport): void;
  exit(code: number): never;
}

const firstPidfd = 3;
const signalKill = 9;
const signalTerminate = 15;

/**
 * Everything that ends this process is armed before it may touch anything. The parent-death signal comes after all
 * changes of credentials, which would clear it; and only then is the parent compared, because the kernel sends no
 * signal for one that was gone before.
 */
export function bindHolder(order: HoldOrder, own: HolderProcess): RunningHolder {
  const kind = own.findFaultKind(order.kind);
  if (!kind) throw new Error(`no such fault: ${order.kind}`);
  // What the journal binds is undone by this process: it must not be the first to go.
  if (kind.aim === 'host' && order.binding !== 'journal') own.becomeStressor(order.stressCgroup);
  own.armParentDeathSignal(parentDeathSignal(order));
  own.kernelTimer.arm(order.deadlines.endsAtBootMs + kernelGraceMs(order.binding));
  if (own.parentPid() !== order.agentPid) own.exit(0);
  const { kernel, kernelTimer, report, exit } = own;
  const targets = order.targets.map((identity, index) => ({
    identity,
    pidfd: firstPidfd + index,
    wasStopped: order.wasStopped?.[index] ?? false,
  }));
  const holder = createHolder({ order, kind, targets, kernel, kernelTimer, report, exit });
  report({ type: 'bound' });
  return holder;
}

/** What a journal binds is undone by this process while it lives: it must not die of its agent's death, but act on it. */
function parentDeathSignal({ binding }: HoldOrder): number {
  return binding === 'journal' ? signalTerminate : signalKill;
}
