/** Lets the targets run for only a share of the time, in turns: held by ptrace, then wholly detached. */
import type { FaultKind } from './fault-kind.ts';
import { nativeCalls, pidfds, tracing } from './needs.ts';
import { duration, percent } from './parameter.ts';
import { seeRunningAgain } from './seen-threads.ts';
import { takeTurns } from './take-turns.ts';

const parameters = {
  share: percent({ minimum: 1, maximum: 99, summary: 'Of the time that the targets may run.' }),
  period: duration({ minimum: 5, maximum: 1000, fallback: 10, summary: 'One turn held and one turn running.' }),
};

/** At 99 % a target is held for a hundredth of the time, so one look rarely meets it. */
const looksAtOnce = 50;

export const processSlow: FaultKind<typeof parameters> = {
  kind: 'process.slow',
  summary: 'Slows the targets down: they run for a share of the time, and are held for the rest.',
  aim: 'processes',
  bindings: ['kernel'],
  holdsByPtrace: true,
  undo: 'none',
  needs: [nativeCalls, pidfds, tracing],
  parameters,
  magnitude: () => ({}),

  async hold({ targets, kernel, parameters: { share, period } }) {
    return takeTurns({ targets, kernel, runShare: share / 100, periodMs: period });
  },

  seeEffect({ host, targets }) {
    const unseen = targets.filter(({ identity }) => {
      for (let look = 0; look < looksAtOnce; look++) if (host.isTraced(identity)) return false;
      return host.threads(identity).kind !== 'gone';
    });
    const seenCount = targets.length - unseen.length;
    return { isSeen: unseen.length === 0, seen: `${seenCount} of ${targets.length} targets seen held in their turn` };
  },

  seeRestored: seeRunningAgain,
};
