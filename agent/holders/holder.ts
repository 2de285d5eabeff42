/**
 * A holder's life: bound, touched, let go. It ends when it is told to, when its time is over, and when its agent is
 * gone; if it can do none of these, the kernel timer and the parent-death signal that it armed beforehand end it.
 */
import type { ProcessIdentity } from '../../proto/identity.ts';
import type { FaultKind, Hold } from '../faults/fault-kind.ts';
import type { ParametersOf, ParameterTable } from '../faults/parameter.ts';
import { HoldFailure } from './hold-failure.ts';
import { type Deadlines, type HolderCommand, type HolderReport, type HoldOrder, kernelGraceMs } from './hold-order.ts';
import type { HeldTarget, HolderKernel } from './holder-kernel.ts';

export interface HolderSurroundings {
  readonly order: HoldOrder;
  readonly kind: FaultKind;
  readonly targets: readonly HeldTarget[];
  readonly kernel: HolderKernel;
  readonly kernelTimer: { arm(atBootMs: number): void };
  report(report: HolderReport): void;
  /** Ends this process. The kernel undoes what is still held. */
  exit(code: number): void;
}

export interface RunningHolder {
  obey(command: HolderCommand): void;
  /** Lets go of everything and exits; with a message, after reporting that it failed. Idempotent. */
  end(failure?: string): Promise<void>;
}

/** Timers do not count suspend, and fire at once when the delay is over 2³¹−1 ms: wake up and look at the boot clock. */
const timerMaxMs = 60_000;
/** For a release that waits, for example until threads have stopped. */
const politeEndMs = 200;

/** The kernel timer is already armed for the order's deadline. */
export function createHolder({
  order,
  kind,
  targets,
  kernel,
  kernelTimer,
  report,
  exit,
}: HolderSurroundings): RunningHolder {
  let hold: Hold | undefined;
  let touching: 'not-yet' | 'now' | 'over' = 'not-yet';
  let hasEnded = false;
  let { endsAtBootMs } = order.deadlines;
  let politeTimer: NodeJS.Timeout;
  armPoliteEnd();

  function armPoliteEnd(): void {
    clearTimeout(politeTimer);
    const leftMs = endsAtBootMs - kernel.bootMs();
    politeTimer = setTimeout(
      leftMs <= 0 ? () => void end() : armPoliteEnd,
      Math.min(Math.max(0, Math.ceil(leftMs)), timerMaxMs),
    );
  }

  async function touch(): Promise<void> {
    if (touching !== 'not-yet') return;
    touching = 'now';
    try {
      const parameters = order.parameters as ParametersOf<ParameterTable>;
      hold = await kind.hold({
        parameters,
        targets,
        binding: order.binding,
        kernel,
        briefing: order.briefing ?? {},
        kept: order.kept ?? [],
      });
    } catch (error) {
      fail(error);
      return;
    } finally {
      touching = 'over';
    }
    report({ type: 'touched', touched: hold.touched });
    hold.finished.then(() => {
      if (!hasEnded) report({ type: 'finished', text: 'nothing is left to hold' });
    }, fail);
  }

  function fail(error: unknown): void {
    if (hasEnded) return;
    const message = messageOf(error);
    if (error instanceof HoldFailure) report({ type: 'failed', reason: error.reason, message, hasLetGo: true });
    else report({ type: 'failed', reason: 'holder-failed', message });
  }

  function renew(deadlines: Deadlines): void {
    // The kernel's timer first: whatever delays the rest, it ends this process at the right time.
    kernelTimer.arm(deadlines.endsAtBootMs + kernelGraceMs(order.binding));
    endsAtBootMs = deadlines.endsAtBootMs;
    armPoliteEnd();
    report({ type: 'renewed', endsAtBootMs });
  }

  /** Whether it worked is for the agent to see; the others are held on. */
  async function releaseOne(target: ProcessIdentity): Promise<void> {
    await problemOf(() => hold?.release(target));
    report({ type: 'released', target });
  }

  async function end(failure?: string): Promise<void> {
    if (hasEnded) return;
    hasEnded = true;
    clearTimeout(politeTimer);
    // What the kernel undoes needs no politeness: it is given a moment only. A journalled undo is given its whole time.
    if (order.binding !== 'journal') {
      const killAtBootMs = kernel.bootMs() + (touching === 'now' ? 0 : politeEndMs);
      kernelTimer.arm(Math.min(killAtBootMs, endsAtBootMs + kernelGraceMs(order.binding)));
    }
    const releaseProblem = await problemOf(() => hold?.release());
    const problem = failure ?? releaseProblem;
    report(
      problem === undefined ? { type: 'released' } : { type: 'failed', reason: 'holder-failed', message: problem },
    );
    exit(problem === undefined ? 0 : 1);
  }

  return {
    obey(command) {
      if (hasEnded) return;
      switch (command.type) {
        case 'touch':
          void touch();
          return;
        case 'renew':
          renew(command.deadlines);
          return;
        case 'release':
          if (!command.target) return void end();
          void releaseOne(command.target);
          return;
      }
    },
    end,
  };
}

async function problemOf(call: () => void | Promise<void>): Promise<string | undefined> {
  try {
    await call();
    return undefined;
  } catch (error) {
    return messageOf(error);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
