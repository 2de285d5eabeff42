/** The real clock. */
import type { Clock } from '../engine/ports.ts';

/** A longer delay than this would fire at once (setTimeout takes 31 bits). */
const delayMaxMs = 2_147_483_647;

export function createClock(bootMs: () => number): Clock {
  return {
    bootMs,
    unixMs: Date.now,
    after(ms, call) {
      const timer = setTimeout(call, Math.min(Math.max(0, ms), delayMaxMs));
      return () => clearTimeout(timer);
    },
  };
}
