/** A holder as a process of a simulated host: the code of the product over a kernel that keeps the rules of Linux. */
import { constants } from 'node:os';
import type { Guard } from '../../../agent/core/briefing.ts';
import { createProtection } from '../../../agent/core/protection.ts';
import type { KeptSetting } from '../../../agent/core/setting.ts';
import { findFaultKind } from '../../../agent/faults/index.ts';
import { isOursToStop } from '../../../agent/holders/as-journalled.ts';
import { bindHolder } from '../../../agent/holders/bind.ts';
import { parseHolderCommand, parseHoldOrder } from '../../../agent/holders/command-door.ts';
import { HoldFailure } from '../../../agent/holders/hold-failure.ts';
import type { HolderReport } from '../../../agent/holders/hold-order.ts';
import type { RunningHolder } from '../../../agent/holders/holder.ts';
import type { HeldTarget, HolderKernel, PtraceHold, StopHold } from '../../../agent/holders/holder-kernel.ts';
import { type ProcessIdentity, sameProcess } from '../../../proto/identity.ts';
import { type Process, ProcessEnded, type Signal } from '../world/process.ts';
import { factsOf, successorOf, tableOf } from '../world/process-facts.ts';
import { readiness } from './readiness.ts';
import { simulatedSettings } from './settings.ts';

const signalNames = new Map(Object.entries(constants.signals).map(([name, number]) => [number, name as Signal]));

/** The ends of its pipes, as its agent has them. */
export interface HolderPipes {
  /** A line of its standard output. */
  hear(line: string): void;
}

export interface HolderProgram {
  /** A line of its standard input. */
  say(line: string): void;
  endOfInput(): void;
}

/**
 * @param pidfds of the targets, as they were opened by whoever started it.
 * @param meant by the identities in its order, when it was given.
 */
export function runHolder(
  process: Process,
  pidfds: readonly Process[],
  meant: readonly (Process | undefined)[],
  pipes: HolderPipes,
): HolderProgram {
  let holder: RunningHolder | undefined;
  const end = (): void => (holder ? void holder.end() : process.end('exit 0'));
  process.handlers.set('SIGTERM', end);
  process.handlers.set('SIGINT', end);

  function bind(line: string): RunningHolder {
    const order = parseHoldOrder(line);
    process.order = { faultId: order.faultId, binding: order.binding, targets: meant };
    return bindHolder(order, {
      findFaultKind,
      becomeStressor: () => undefined,
      armParentDeathSignal: (signal) => {
        process.parentDeathSignal = signalNames.get(signal) as Signal;
      },
      parentPid: () => (process.parent === process.host.init ? 1 : (process.parent?.pid ?? 1)),
      kernelTimer: { arm: (atBootMs) => process.isAlive && process.armKernelTimer(atBootMs) },
      kernel: kernelOf(process, pidfds, meant),
      report: (report: HolderReport) => {
        if (process.step()) pipes.hear(JSON.stringify(report));
      },
      exit: (code) => {
        process.end(`exit ${code}`);
        throw new ProcessEnded();
      },
    });
  }

  return {
    say(line) {
      if (holder) holder.obey(parseHolderCommand(line));
      else holder = bind(line);
    },
    endOfInput: end,
  };
}

function kernelOf(
  process: Process,
  pidfds: readonly Process[],
  meantBy: readonly (Process | undefined)[],
): HolderKernel {
  const { host } = process;
  const settings = simulatedSettings();
  const victimOf = (target: HeldTarget): Process => pidfds[target.pidfd - 3] as Process;

  function act(what: 'seize' | 'stop' | 'continue' | 'signal', target: HeldTarget, signal?: string): void {
    const victim = victimOf(target);
    const meant = meantBy[target.pidfd - 3]?.name;
    host.observer.act({
      host: host.name,
      ...(process.order ? { faultId: process.order.faultId } : {}),
      what,
      process: victim.name,
      ...(meant === undefined ? {} : { meant }),
      ...(signal === undefined ? {} : { signal }),
      isProtected: victim.plan.isProtected === true,
      wasStoppedByOthers: victim.isStopped && victim.stoppedBy === undefined,
      before: readiness(process),
    });
  }

  /** @throws HoldFailure for a process that is gone. */
  function living(target: HeldTarget): Process {
    const victim = victimOf(target);
    if (!victim.isAlive) throw new HoldFailure('target-gone', `process ${target.identity.pid} is gone`);
    return victim;
  }

  const simulated = {
    pid: process.pid,
    bootMs: () => host.bootMs(),
    sleepMs: () => undefined,
    cpus: () => 2,

    holdByPtrace(target: HeldTarget): PtraceHold {
      const victim = living(target);
      if (victim.tracer) throw new HoldFailure('holder-failed', `process ${target.identity.pid} is traced already`);
      if (!process.step()) throw new ProcessEnded();
      act('seize', target);
      process.attach(victim);
      return {
        target,
        threadsHeld: 1,
        threadsNotHeld: 0,
        tend: () => victim.isAlive && victim.tracer === process,
        release: () => process.detach(victim),
      };
    },

    holdByStop(target: HeldTarget): StopHold {
      const victim = living(target);
      if (!process.step()) throw new ProcessEnded();
      if (!isOursToStop(target, victim.isStopped)) return { target, wasStopped: true, release() {} };
      act('stop', target);
      victim.signal('SIGSTOP', process);
      let isReleased = false;
      return {
        target,
        wasStopped: false,
        release() {
          if (isReleased || !process.step()) return;
          isReleased = true;
          if (!victim.isAlive) return;
          act('continue', target);
          victim.signal('SIGCONT');
        },
      };
    },

    signal(target: HeldTarget, number: number): boolean {
      const victim = victimOf(target);
      if (!victim.isAlive) return false;
      if (number === 0) return true;
      if (!process.step()) return false;
      const signal = signalNames.get(number) as Signal;
      act('signal', target, signal);
      victim.signal(signal);
      return true;
    },

    isAlive: (target: HeldTarget) => victimOf(target).isAlive,
    scheduledMs: () => host.bootMs(),
    likenessOf: (target: HeldTarget) => factsOf(victimOf(target)),
    treeOf: () => [],
    async protectedAmong(identities: readonly ProcessIdentity[], { agentPid, protect }: Guard) {
      const table = tableOf(host);
      const protection = createProtection(table, { agentPid, operatorPids: [], protect });
      return identities.flatMap((identity) => {
        const facts = table.processes.get(identity.pid);
        const reasons = facts && sameProcess(facts.identity, identity) ? protection(facts) : [];
        return reasons.length === 0 ? [] : [{ identity, reasons }];
      });
    },

    async set(kept: KeptSetting) {
      await settings.set(kept).catch((error: Error) => {
        throw new HoldFailure('fault-unavailable', error.message);
      });
    },
    putBack: (kept: KeptSetting) => settings.putBack(kept),
    /** No program puts back what is set here. */
    endByPuttingBack: () => undefined,

    burnCpu() {
      if (!process.step()) throw new ProcessEnded();
      host.observer.act({
        host: host.name,
        ...(process.order ? { faultId: process.order.faultId } : {}),
        what: 'stress',
        isProtected: false,
        wasStoppedByOthers: false,
        before: readiness(process),
      });
      process.isStressing = true;
      host.observer.stressing(process, true);
      return {
        begun: Promise.resolve(),
        failed: new Promise<never>(() => undefined),
        async stop() {
          process.isStressing = false;
          host.observer.stressing(process, false);
        },
      };
    },
  };
  return {
    ...simulated,
    successorsOf: (like, notBeforeBootMs) => {
      const found = successorOf(host, like, notBeforeBootMs);
      return found ? [found] : [];
    },
  } as Partial<HolderKernel> as HolderKernel;
}
