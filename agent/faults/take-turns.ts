/**
 * Holding in turns, by a closed loop on measured time: each turn's length makes up for what the turns before it missed,
 * so that delays of seizing, of timers and of a loaded host do not add up.
 */
import { setImmediate as nextEvent, setTimeout as wait } from 'node:timers/promises';
import { identityKey, type ProcessIdentity } from '../../proto/identity.ts';
import { HoldFailure } from '../holders/hold-failure.ts';
import type { HeldTarget, HolderKernel } from '../holders/holder-kernel.ts';
import type { Hold } from './fault-kind.ts';
import { meterRun } from './run-meter.ts';

/** One target, held for one turn. */
export interface TurnHold {
  /** For people: what was done to the target. */
  readonly held: string;
  /** @returns false once there is nothing left to tend. */
  tend(): boolean;
  release(): void;
}

export interface Turns {
  readonly targets: readonly HeldTarget[];
  readonly kernel: HolderKernel;
  /** @throws HoldFailure when the target is gone, or may not be held. */
  holdOne(target: HeldTarget): TurnHold;
  /** Above 0, below 1. */
  readonly runShare: number;
  readonly periodMs: number;
}

/** Between two looks at commands and at targets that ended. */
const sliceMs = 50;
/** Timers of the event loop may be this late; the rest of a turn is slept exactly. */
const timerSlackMs = 2;
/** What was missed is made up for within so many periods, and then forgotten. */
const makeUpPeriods = 10;

/** The first turn, held, has begun when this returns. @throws HoldFailure, after everything was let go. */
export function takeTurns({ targets, kernel, holdOne, runShare, periodMs }: Turns): Hold {
  const members = new Map(targets.map((target) => [identityKey(target.identity), target]));
  const held = new Map<string, TurnHold>();
  /** Released, with threads that had not stopped by then. */
  const leftovers = new Set<TurnHold>();
  const balance = createBalance(runShare, periodMs);

  function holdAll(): void {
    for (const [key, target] of members) {
      try {
        held.set(key, holdOne(target));
      } catch (error) {
        if (!(error instanceof HoldFailure && error.reason === 'target-gone')) throw error;
        members.delete(key);
      }
    }
  }

  function release(target?: ProcessIdentity): void {
    for (const key of target ? [identityKey(target)] : [...members.keys()]) {
      members.delete(key);
      letRun(key);
    }
  }

  function letRun(key: string): void {
    const hold = held.get(key);
    if (!hold) return;
    held.delete(key);
    hold.release();
    leftovers.add(hold);
  }

  function tend(): void {
    for (const [key, hold] of held) {
      if (hold.tend()) continue;
      held.delete(key);
      members.delete(key);
    }
    for (const hold of leftovers) if (!hold.tend()) leftovers.delete(hold);
  }

  /** Serves commands at least once, and until the instant: `release` may have emptied `members` when it returns. */
  async function until(atBootMs: number): Promise<void> {
    await nextEvent();
    for (;;) {
      tend();
      const leftMs = atBootMs - kernel.bootMs();
      if (leftMs <= 0 || members.size === 0) return;
      if (leftMs <= timerSlackMs) return kernel.sleepMs(leftMs);
      await wait(Math.min(leftMs - timerSlackMs, sliceMs));
    }
  }

  async function turn(): Promise<void> {
    let heldSinceMs = kernel.bootMs();
    while (members.size > 0) {
      await until(heldSinceMs + balance.nextHeldMs());
      const releasedAtMs = kernel.bootMs();
      const meter = meterRun([...members.values()], kernel);
      for (const key of [...held.keys()]) letRun(key);
      balance.held(releasedAtMs - heldSinceMs);
      await until(releasedAtMs + balance.nextRunMs());
      meter.stopAsked();
      holdAll();
      const seen = meter.held();
      heldSinceMs = seen.heldSinceMs;
      // What it took to wake them counts as held.
      balance.held(heldSinceMs - releasedAtMs - seen.ranMs);
      balance.ran(seen.ranMs);
    }
    while (leftovers.size > 0) {
      tend();
      await wait(sliceMs);
    }
  }

  try {
    holdAll();
    if (held.size < targets.length) throw new HoldFailure('target-gone', 'a target is gone');
  } catch (error) {
    release();
    throw error;
  }
  const touched = [...held.values()].map((hold) => `${hold.held}, runs ${runShare * 100} % of the time`);
  const finished = turn().catch((error) => {
    release();
    throw error;
  });
  return { touched, release, finished };
}

interface Balance {
  held(ms: number): void;
  ran(ms: number): void;
  nextHeldMs(): number;
  nextRunMs(): number;
}

/** What the targets are owed, in milliseconds of running: positive after too much holding, zero at the exact share. */
function createBalance(runShare: number, periodMs: number): Balance {
  let owedMs = 0;
  const limitMs = makeUpPeriods * periodMs;
  const clamp = (ms: number): number => Math.max(-limitMs, Math.min(limitMs, ms));
  return {
    held(ms) {
      owedMs = clamp(owedMs + runShare * ms);
    },
    ran(ms) {
      owedMs = clamp(owedMs - (1 - runShare) * ms);
    },
    nextHeldMs: () => Math.max(0, Math.min(limitMs, (1 - runShare) * periodMs - owedMs / runShare)),
    nextRunMs: () => Math.max(0, Math.min(limitMs, owedMs / (1 - runShare))),
  };
}
