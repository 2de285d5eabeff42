/** A hold of several targets that are held independently: each is let go alone, and each may end by itself. */
import { identityKey, type ProcessIdentity } from '../../proto/identity.ts';
import type { HeldTarget } from '../holders/holder-kernel.ts';
import type { Hold } from './fault-kind.ts';

export interface HeldThing {
  /** For people: what was done to the target. */
  readonly touched: string;
  /** Asked every 50 ms. @returns false once there is nothing left to tend. */
  tend(): boolean;
  release(): void;
}

const tendEveryMs = 50;

/** Holds all or none. @throws what `holdOne` threw, after everything that was held has been let go. */
export function holdEach(targets: readonly HeldTarget[], holdOne: (target: HeldTarget) => HeldThing): Hold {
  const held = new Map<string, HeldThing>();
  const letGo = new Set<HeldThing>();
  const touched: string[] = [];

  try {
    for (const target of targets) {
      const thing = holdOne(target);
      held.set(identityKey(target.identity), thing);
      touched.push(thing.touched);
    }
  } catch (error) {
    for (const thing of held.values()) thing.release();
    throw error;
  }

  const finished = new Promise<void>((resolve) => {
    const tending = setInterval(() => {
      for (const [key, thing] of held) if (!thing.tend()) held.delete(key);
      for (const thing of letGo) if (!thing.tend()) letGo.delete(thing);
      if (held.size + letGo.size > 0) return;
      clearInterval(tending);
      resolve();
    }, tendEveryMs);
  });

  return {
    touched,
    release(target?: ProcessIdentity) {
      const problems: unknown[] = [];
      for (const key of target ? [identityKey(target)] : [...held.keys()]) {
        const thing = held.get(key);
        if (!thing) continue;
        try {
          thing.release();
          held.delete(key);
          letGo.add(thing);
        } catch (problem) {
          // One that cannot be let go keeps no other from it.
          problems.push(problem);
        }
      }
      if (problems.length > 0) throw problems[0];
    },
    finished,
  };
}
