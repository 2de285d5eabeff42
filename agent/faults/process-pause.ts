/** Holds every thread of the targets still, for as long as the holder lives. */
import type { HeldTarget, HolderKernel } from '../holders/holder-kernel.ts';
import { despiteWatchdog } from './despite-watchdog.ts';
import type { FaultKind } from './fault-kind.ts';
import { type HeldThing, holdEach } from './hold-each.ts';
import { nativeCalls, pidfds, signalling, tracing } from './needs.ts';
import { flag } from './parameter.ts';
import { describeStates, isStopState, seeRunningAgain } from './seen-threads.ts';

const parameters = {
  visible: flag(
    'Stopped by SIGSTOP, which the parent of the target sees and waits for; bound by the journal, since the kernel does not undo it.',
  ),
  despiteWatchdog,
} as const;

export const processPause: FaultKind<typeof parameters> = {
  kind: 'process.pause',
  summary: 'Stops every thread of the targets; they run on where they were.',
  aim: 'processes',
  bindings: ['kernel', 'journal'],
  holdsByPtrace: true,
  undo: 'continue',
  needs: [nativeCalls, pidfds, tracing, signalling],
  parameters,
  bindingsFor: ({ visible }) => (visible ? ['journal'] : ['kernel', 'journal']),
  mindsWatchdog: ({ despiteWatchdog }) => !despiteWatchdog,
  magnitude: () => ({}),

  async hold({ targets, binding, kernel }) {
    return holdEach(targets, (target) => (binding === 'kernel' ? byPtrace(target, kernel) : byStop(target, kernel)));
  },

  /** A thread in uninterruptible sleep does not run, and stops before it would. */
  seeEffect({ host, targets }) {
    const looks = targets.map((target) => {
      const seen = host.threads(target.identity);
      if (seen.kind === 'gone') return { isHeld: true, text: `${target.identity.pid} is gone` };
      const isHeld = seen.states.some(isStopState) && seen.states.every((state) => isStopState(state) || state === 'D');
      return { isHeld, text: `${target.identity.pid}: ${describeStates(seen.states)}` };
    });
    return { isSeen: looks.every((look) => look.isHeld), seen: looks.map((look) => look.text).join('; ') };
  },

  seeRestored: seeRunningAgain,
};

function byPtrace(target: HeldTarget, kernel: HolderKernel): HeldThing {
  const hold = kernel.holdByPtrace(target);
  const notHeld = hold.threadsNotHeld === 0 ? '' : `, ${hold.threadsNotHeld} did not stop in time`;
  return {
    touched: `process ${target.identity.pid}: ${hold.threadsHeld} threads held${notHeld}`,
    tend: () => hold.tend(),
    release: () => hold.release(),
  };
}

function byStop(target: HeldTarget, kernel: HolderKernel): HeldThing {
  const hold = kernel.holdByStop(target);
  let isReleased = false;
  return {
    touched: `process ${target.identity.pid}: ${hold.wasStopped ? 'was stopped before' : 'stopped by SIGSTOP'}`,
    tend: () => !isReleased && kernel.isAlive(target),
    release() {
      hold.release();
      isReleased = true;
    },
  };
}
