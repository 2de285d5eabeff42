/** The port `HolderKernel` over the real kernel. */
import { createBootClock } from '../../shared/boot-clock.ts';
import { becomeProgram } from '../host/native/become-program.ts';
import { createKernelTimer } from '../host/native/kernel-timer.ts';
import { armParentDeathSignal } from '../host/native/parent-death.ts';
import { closePidfd, hasEnded, signalPidfd } from '../host/native/pidfd.ts';
import { blockForMs, processCpuMs } from '../host/native/thread-clock.ts';
import { openProcess } from '../host/process-identity.ts';
import { createProcessReader, type ProcessReader } from '../host/process-table.ts';
import { findDescendants } from '../host/process-tree.ts';
import { protectedAmong } from '../host/protected-among.ts';
import { readUnlessGone } from '../host/read-stat.ts';
import { createSettings, type Settings, settingRules } from '../host/settings/index.ts';
import { findSuccessors } from '../host/successor.ts';
import { createUsers } from '../host/users.ts';
import { startChange } from './change-hold.ts';
import { HoldFailure } from './hold-failure.ts';
import type { HolderKernel } from './holder-kernel.ts';
import { createLinuxStress } from './linux-stress.ts';
import { startProgram } from './program-hold.ts';
import { holdByPtrace } from './ptrace-hold.ts';
import { findCgroup, holdRules } from './rule-hold.ts';
import { holdByStop } from './stop-hold.ts';
import { programEnvironment } from './trusted-program.ts';

/**
 * A target that execs while half its threads are seized blocks this process inside the kernel, where no event loop
 * turns, and itself with it, until this process is killed. So the kernel kills it when seizing takes longer than this.
 */
const seizeWithinMs = 2000;

/** @param programPath of this holder, for the threads that it starts. @param stressCgroup that it has moved to. */
export function createLinuxKernel(programPath: string, stressCgroup?: string): HolderKernel {
  const bootMs = createBootClock();
  const seizeTimer = createKernelTimer();
  let settings: Settings | undefined;
  const theSettings = (): Settings => (settings ??= createSettings());
  let processReader: ProcessReader | undefined;
  const reader = (): ProcessReader => (processReader ??= createProcessReader());

  return {
    ...createLinuxStress(programPath, stressCgroup),
    pid: process.pid,
    bootMs,
    sleepMs: blockForMs,
    holdByPtrace(target) {
      seizeTimer.arm(bootMs() + seizeWithinMs);
      try {
        return holdByPtrace(target, bootMs);
      } finally {
        seizeTimer.disarm();
      }
    },
    holdByStop,
    signal: (target, signal) => signalPidfd(target.pidfd, signal),
    isAlive: (target) => !hasEnded(target.pidfd),
    cpuUse({ identity: { pid } }) {
      // First: the kernel brings the counters of running threads up to date for this question.
      const ranMs = processCpuMs(pid);
      // Nanoseconds on a CPU, nanoseconds in a run queue, turns (scheduler/sched-stats of the kernel's documentation).
      const text = readUnlessGone(`/proc/${pid}/schedstat`);
      const [ranNs, waitedNs] = text === undefined ? [] : text.split(' ').map(Number);
      if (ranMs === undefined || ranNs === undefined || waitedNs === undefined) return undefined;
      return { ranMs, firstThreadRanMs: ranNs / 1e6, firstThreadWaitedMs: waitedNs / 1e6 };
    },
    likenessOf(target) {
      const found = hasEnded(target.pidfd) ? undefined : reader().readProcess(target.identity.pid);
      return found?.identity.startTimeTicks === target.identity.startTimeTicks ? found : undefined;
    },
    holdRules,
    uidOf: (user) => (/^\d+$/.test(user) ? Number(user) : createUsers()().uidOf(user)),
    cgroupOf: findCgroup,
    holdProgram: (executable, args) => startProgram({ programPath, executable, args }),
    holdChange: (change) => startChange(programPath, change),
    async set(kept) {
      await theSettings()
        .set(kept)
        .catch((error: Error) => {
          throw new HoldFailure('fault-unavailable', error.message);
        });
    },
    putBack: (kept) => theSettings().putBack(kept),
    endByPuttingBack(kept) {
      const words = settingRules(kept).putBackWords?.(kept);
      if (!words) return;
      try {
        // The agent's death ends a holder, and must not end this.
        armParentDeathSignal(0);
        becomeProgram(words, programEnvironment);
      } catch {
        // Then by a process of its own.
      }
    },
    successorsOf: (process, notBeforeBootMs) => findSuccessors(process, notBeforeBootMs, reader()),
    open: (identity) => ({ identity, pidfd: openProcess(identity) }),
    close: ({ pidfd }) => closePidfd(pidfd),
    treeOf: (targets) => findDescendants(targets.map(({ identity }) => identity)),
    protectedAmong: (identities, guard) => protectedAmong(identities, guard, reader()),
  };
}
