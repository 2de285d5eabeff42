/** Time that passes only when it is told to: every timer that falls due runs, in order, each with its consequences. */
import type { Clock } from '../../../coordinator/engine/ports.ts';

export interface VirtualClock extends Clock {
  /** Lets this much time pass. */
  advance(ms: number): Promise<void>;
  /** Lets time pass until the condition holds. @throws Error when it does not within `withinMs` of virtual time. */
  until(condition: () => boolean, withinMs?: number): Promise<void>;
  /** The wall clock jumps; boot time does not. */
  jumpWallClock(ms: number): void;
}

interface Timer {
  readonly atMs: number;
  readonly order: number;
  readonly call: () => void;
}

export function createVirtualClock(startMs = 1_000_000): VirtualClock {
  let nowMs = startMs;
  let wallMs = 1_700_000_000_000 - startMs;
  let count = 0;
  const timers = new Set<Timer>();

  function next(untilMs: number): Timer | undefined {
    let found: Timer | undefined;
    for (const timer of timers) {
      if (timer.atMs > untilMs) continue;
      if (!found || timer.atMs < found.atMs || (timer.atMs === found.atMs && timer.order < found.order)) found = timer;
    }
    return found;
  }

  async function step(untilMs: number): Promise<boolean> {
    const timer = next(untilMs);
    if (!timer) return false;
    timers.delete(timer);
    nowMs = Math.max(nowMs, timer.atMs);
    timer.call();
    await settled();
    return true;
  }

  async function advance(ms: number): Promise<void> {
    const untilMs = nowMs + ms;
    await settled();
    while (await step(untilMs));
    nowMs = untilMs;
  }

  return {
    bootMs: () => nowMs,
    unixMs: () => wallMs + nowMs,
    after(ms, call) {
      const timer = { atMs: nowMs + Math.max(0, ms), order: ++count, call };
      timers.add(timer);
      return () => timers.delete(timer);
    },
    advance,
    async until(condition, withinMs = 600_000) {
      const untilMs = nowMs + withinMs;
      await settled();
      while (!condition()) {
        if (!(await step(untilMs))) throw new Error(`did not come true within ${withinMs} ms`);
      }
    },
    jumpWallClock(ms) {
      wallMs += ms;
    },
  };
}

/** Promises that are ready have run, and those that they made ready. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) await new Promise<void>((resolve) => setImmediate(resolve));
}
