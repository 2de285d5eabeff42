/** Ends the targets by a signal, and can wait for what takes their place, or end that too. It cannot be undone. */
import { identityKey } from '../../proto/identity.ts';
import { InvalidInput } from '../../proto/invalid-input.ts';
import { HoldFailure } from '../holders/hold-failure.ts';
import type { HeldTarget, HolderKernel } from '../holders/holder-kernel.ts';
import type { FaultKind, Hold, SeenTarget } from './fault-kind.ts';
import { createVictim, endingSignals, requireUnprotected, type Victim } from './kill-victim.ts';
import { nativeCalls, pidfds, signalling } from './needs.ts';
import { count, duration, flag, word } from './parameter.ts';

const parameters = {
  signal: word('What the targets receive', endingSignals, 'SIGTERM'),
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
  tree: flag(
    'All that descends from a target is a target too. One protected member, or one that came after the plan, refuses the whole.',
  ),
  keepKilling: duration({
    minimum: 1000,
    maximum: 3_600_000,
    isOptional: true,
    summary: 'For this long, whatever takes the place of a target is ended too, unless it is protected.',
  }),
  survivors: count({
    minimum: 0,
    maximum: 10_000,
    fallback: 0,
    summary: 'Matching processes that must stay untouched, where that is more than the policy asks for.',
  }),
};

const lookEveryMs = 20;

export const processKill: FaultKind<typeof parameters> = {
  kind: 'process.kill',
  summary: 'Ends the targets by a signal, followed by SIGKILL.',
  aim: 'processes',
  bindings: ['one-shot'],
  holdsByPtrace: false,
  undo: 'none',
  needs: [nativeCalls, pidfds, signalling],
  asksHost: 'guard',
  parameters,
  takesTree: ({ tree }) => tree,
  survivorsMin: ({ survivors }) => survivors,
  magnitude: () => ({}),

  check({ tree, keepKilling }) {
    // What takes the place of a tree is another tree, whose members nobody has seen.
    if (tree && keepKilling !== undefined) {
      throw new InvalidInput('parameters.keepKilling', keepKilling, 'must not be set together with tree');
    }
  },

  async hold({ targets, kernel, briefing, parameters: { signal, grace, respawnWithin, tree, keepKilling } }) {
    // Asked of all before any is hit: one that may not be signalled is a refusal, and not half a fault.
    for (const target of targets) kernel.signal(target, 0);
    await requireUnprotected(
      targets.map(({ identity }) => identity),
      kernel,
      briefing.guard,
    );
    if (tree) requireWholeTree(targets, kernel);
    const killing = {
      kernel,
      signal,
      graceMs: grace,
      respawnWithinMs: respawnWithin,
      keepsOnUntilBootMs: keepKilling === undefined ? 0 : kernel.bootMs() + keepKilling,
      guard: briefing.guard,
      hit: new Set<string>(),
    };
    const victims = targets.map((target) => createVictim(target, killing));
    const touched = victims.map((victim) => victim.hit());
    return { touched, ...untilOver(victims) };
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

/** Looked at again at the act: a member that is not known is not left behind, and not killed unseen. */
function requireWholeTree(targets: readonly HeldTarget[], kernel: HolderKernel): void {
  const known = new Set(targets.map(({ identity }) => identityKey(identity)));
  const stranger = kernel.treeOf(targets).find((identity) => !known.has(identityKey(identity)));
  if (!stranger) return;
  throw new HoldFailure(
    'target-changed',
    `process ${stranger.pid} descends from a target and was not planned: plan again`,
  );
}

/** SIGKILL after the grace, and whatever else is due; `release` gives it up. */
function untilOver(victims: readonly Victim[]): Pick<Hold, 'finished' | 'release'> {
  let isGivenUp = false;
  const finished = new Promise<void>((resolve, reject) => {
    const look = async (): Promise<void> => {
      for (const victim of victims) if (!isGivenUp) await victim.look();
      if (isGivenUp) return;
      if (victims.every((victim) => victim.isOver())) resolve();
      else setTimeout(() => look().catch(reject), lookEveryMs);
    };
    setTimeout(() => look().catch(reject), 0);
  });
  return {
    finished,
    release() {
      isGivenUp = true;
    },
  };
}
