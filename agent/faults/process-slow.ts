/** Lets the targets run for only a share of the time, in turns: held, then wholly let go. */
import type { HeldTarget, HolderKernel } from '../holders/holder-kernel.ts';
import { despiteWatchdog } from './despite-watchdog.ts';
import type { FaultKind } from './fault-kind.ts';
import { nativeCalls, pidfds, signalling, tracing } from './needs.ts';
import { duration, percent } from './parameter.ts';
import { seeRunningAgain } from './seen-threads.ts';
import { type TurnHold, takeTurns } from './take-turns.ts';

const parameters = {
  share: percent({
    minimum: 1,
    maximum: 99,
    summary:
      'Of the time that the targets may run: CPU time for one that is always busy; sleeping, and waiting for a CPU that others have, count as running.',
  }),
  period: duration({ minimum: 5, maximum: 1000, fallback: 10, summary: 'One turn held and one turn running.' }),
  despiteWatchdog,
};

/** At 99 % a target is held for a hundredth of the time, so one look rarely meets it. */
const looksAtOnce = 50;

export const processSlow: FaultKind<typeof parameters> = {
  kind: 'process.slow',
  summary: 'Slows the targets down: they run for a share of the time, and are held for the rest.',
  aim: 'processes',
  bindings: ['kernel', 'journal'],
  holdsByPtrace: true,
  undo: 'continue',
  needs: [nativeCalls, pidfds, tracing, signalling],
  parameters,
  mindsWatchdog: ({ despiteWatchdog }) => !despiteWatchdog,
  magnitude: () => ({}),

  async hold({ targets, binding, kernel, parameters: { share, period } }) {
    const holdOne = (target: HeldTarget): TurnHold =>
      binding === 'kernel' ? byPtrace(target, kernel) : byStop(target, kernel);
    return takeTurns({ targets, kernel, holdOne, runShare: share / 100, periodMs: period });
  },

  seeEffect({ host, targets }) {
    const unseen = targets.filter(({ identity }) => {
      for (let look = 0; look < looksAtOnce; look++) if (host.isStopped(identity)) return false;
      return host.threads(identity).kind !== 'gone';
    });
    const seenCount = targets.length - unseen.length;
    return { isSeen: unseen.length === 0, seen: `${seenCount} of ${targets.length} targets seen held in their turn` };
  },

  seeRestored: seeRunningAgain,
};

function byPtrace(target: HeldTarget, kernel: HolderKernel): TurnHold {
  const hold = kernel.holdByPtrace(target);
  const { pid } = target.identity;
  return {
    held: `process ${pid}: ${hold.threadsHeld} threads`,
    tend: () => hold.tend(),
    release: () => hold.release(),
  };
}

/** Each turn is a SIGSTOP and a SIGCONT, which the parent of the target hears of. */
function byStop(target: HeldTarget, kernel: HolderKernel): TurnHold {
  const hold = kernel.holdByStop(target);
  let isReleased = false;
  return {
    held: `process ${target.identity.pid}: by SIGSTOP`,
    tend: () => !isReleased && kernel.isAlive(target),
    release() {
      hold.release();
      isReleased = true;
    },
  };
}
