/**
 * How long a rule has been breached, with hysteresis: a breach that pauses for less than `clearMs` goes on, so that one
 * good sample in the middle of an outage does not start the count anew.
 */
export type Breach =
  | {
      readonly sinceMs: number;
      /** Since when it has been clear, in a pause that is not yet long enough to end the breach. */
      readonly clearSinceMs?: number;
    }
  | undefined;

export function advanceBreach(breach: Breach, isBreached: boolean, nowMs: number, clearMs = 0): Breach {
  if (isBreached) return breach ? { sinceMs: breach.sinceMs } : { sinceMs: nowMs };
  if (!breach) return undefined;
  const clearSinceMs = breach.clearSinceMs ?? nowMs;
  return nowMs - clearSinceMs >= clearMs ? undefined : { sinceMs: breach.sinceMs, clearSinceMs };
}

/** Never in a pause: what fires is a breach that is there. */
export function hasLasted(breach: Breach, forMs: number, nowMs: number): boolean {
  return breach !== undefined && breach.clearSinceMs === undefined && nowMs - breach.sinceMs >= forMs;
}

/** When it will have lasted long enough, if nothing changes. */
export function lastsAtMs(breach: Breach, forMs: number): number | undefined {
  return breach === undefined || breach.clearSinceMs !== undefined ? undefined : breach.sinceMs + forMs;
}
