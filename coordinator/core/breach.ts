/** How long a rule has been breached. A breach that pauses starts anew. */
export type Breach = { readonly sinceMs: number } | undefined;

export function advanceBreach(breach: Breach, isBreached: boolean, nowMs: number): Breach {
  if (!isBreached) return undefined;
  return breach ?? { sinceMs: nowMs };
}

export function hasLasted(breach: Breach, forMs: number, nowMs: number): boolean {
  return breach !== undefined && nowMs - breach.sinceMs >= forMs;
}
