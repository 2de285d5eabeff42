/** Ends the targets by a signal, and can wait for what takes their place. It cannot be undone. */
import { constants } from 'node:os';
import type { Likeness } from '../core/process.ts';
import type { HeldTarget, HolderKernel } from '../holders/holder-kernel.ts';
import type { FaultKind, Hold, SeenTarget } from './fault-kind.ts';
import { nativeCalls, pidfds, signalling } from './needs.ts';
import { duration, word } from './parameter.ts';

/** Signals whose purpose is an end. A stop that nothing undoes is what Leash exists to prevent: none is in this list. */
const signals = ['SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGHUP', 'SIGABRT', 'SIGSEGV', 'SIGKILL'] as const;

const parameters = {
  signal: word('What the targets receive', signals, 'SIGTERM'),
  grace: duration({
    minimum: 0,
    maximum: 600_000,
    fallback: 10_000,
    summary: 'After this, SIGKILL follows to targets that still live; 0ms: it never follows.',
  }),
  respawnWithin: duration({
    minimum: 100,
    maximum: 3_600_000,
    isOptional: true,
    summary:
      'The fault has ended when a successor of each target was seen, and at the latest this long after its death.',
  }),
};

const lookEveryMs = 20;
const successorLooksMs = 50;

export const processKill: FaultKind<typeof parameters> = {
  kind: 'process.kill',
  summary: 'Ends the targets by a signal, followed by SIGKILL.',
  aim: 'processes',
  bindings: ['one-shot'],
  holdsByPtrace: false,
  undo: 'none',
  needs: [nativeCalls, pidfds, signalling],
  parameters,
  magnitude: () => ({}),

  async hold({ targets, kernel, parameters: { signal, grace, respawnWithin } }) {
    // Asked of all before any is hit: one that may not be signalled is a refusal, and not half a fault.
    for (const target of targets) kernel.signal(target, 0);
    const victims = targets.map((target) => createVictim(target, kernel, respawnWithin));
    const touched = victims.map((victim) => victim.hit(signal));
    return { touched, ...untilOver(victims, kernel, grace) };
  },

  /** The act is the effect: a target may take its whole grace to end. */
  seeEffect({ host, targets }) {
    const gone = targets.filter(({ identity }) => host.threads(identity).kind === 'gone').length;
    return { isSeen: true, seen: `${gone} of ${targets.length} targets gone` };
  },

  seeRestored({ host, targets, parameters: { respawnWithin }, touchedAtBootMs }) {
    return targets.map((target): SeenTarget => {
      const seen = host.threads(target.identity);
      if (seen.kind === 'threads') {
        const threads = seen.states.length;
        return { outcome: 'restored', seen: 'it did not end, and runs', threads, threadsRunning: threads };
      }
      const nothing = { threads: 0, threadsRunning: 0 };
      if (respawnWithin === undefined) return { outcome: 'done', seen: 'it ended', ...nothing };
      const successor = host.successorOf(target, touchedAtBootMs);
      if (!successor) return { outcome: 'unknown', seen: 'it ended, and nothing has taken its place', ...nothing };
      return { outcome: 'done', seen: `it ended, and process ${successor.pid} took its place`, successor, ...nothing };
    });
  },
};

/** SIGKILL after the grace; `release` gives it up. */
function untilOver(
  victims: readonly Victim[],
  kernel: HolderKernel,
  graceMs: number,
): Pick<Hold, 'finished' | 'release'> {
  const escalatesAtMs = graceMs === 0 ? Number.POSITIVE_INFINITY : kernel.bootMs() + graceMs;
  let isEscalated = false;
  let timer: NodeJS.Timeout | undefined;
  const finished = new Promise<void>((resolve) => {
    const look = (): void => {
      if (!isEscalated && kernel.bootMs() >= escalatesAtMs) {
        isEscalated = true;
        for (const victim of victims) victim.hit('SIGKILL');
      }
      if (victims.every((victim) => victim.isOver())) resolve();
      else timer = setTimeout(look, lookEveryMs);
    };
    timer = setTimeout(look, 0);
  });
  return { finished, release: () => clearTimeout(timer) };
}

interface Victim {
  /** @returns what was done, in words. */
  hit(signal: (typeof signals)[number]): string;
  isOver(): boolean;
}

function createVictim(target: HeldTarget, kernel: HolderKernel, respawnWithinMs: number | undefined): Victim {
  const { pid } = target.identity;
  // Read while it lives: there is nothing to compare a successor with afterwards.
  const likeness: Likeness | undefined = respawnWithinMs === undefined ? undefined : kernel.likenessOf(target);
  const createdAtMs = kernel.bootMs();
  let diedAtMs: number | undefined;
  let lookAgainAtMs = 0;
  let hasSuccessor = false;

  return {
    hit(signal) {
      const wasThere = kernel.signal(target, constants.signals[signal]);
      return wasThere ? `process ${pid}: ${signal} sent` : `process ${pid} was gone before ${signal}`;
    },
    isOver() {
      if (diedAtMs === undefined && kernel.isAlive(target)) return false;
      const nowMs = kernel.bootMs();
      diedAtMs ??= nowMs;
      if (likeness === undefined || respawnWithinMs === undefined || hasSuccessor) return true;
      if (nowMs >= lookAgainAtMs) {
        hasSuccessor = kernel.successorOf(likeness, createdAtMs) !== undefined;
        lookAgainAtMs = nowMs + successorLooksMs;
      }
      return hasSuccessor || nowMs - diedAtMs >= respawnWithinMs;
    },
  };
}
