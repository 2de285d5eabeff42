/** Until when a fault may last, worked out again from what was asked of its host, and not from what anyone kept. */
import type { Ask, Exchange, Grip, Observation, Standstill } from './observation.ts';

type Inject = Exchange & { readonly ask: Extract<Ask, { type: 'inject' }> };

/** Every inject that this fault can be the answer to: by what was told of it, or else by its targets. */
export function injectsOf(seen: Observation, grip: Grip): readonly Inject[] {
  const keys = new Set(
    seen.told.filter((each) => each.host === grip.host && each.faultId === grip.faultId).map((each) => each.key),
  );
  return seen.exchanges.filter((each): each is Inject => {
    if (each.host !== grip.host || each.ask.type !== 'inject' || each.atMs > grip.fromMs) return false;
    if (keys.size > 0) return keys.has(each.ask.key);
    return grip.process === undefined || each.ask.targets.includes(grip.process);
  });
}

/**
 * A lease begins no later than the grip, a renewal that comes after its end changes nothing, and none goes past the
 * asked duration. @returns undefined when nobody asked for the fault.
 */
export function boundMs(seen: Observation, grip: Grip): number | undefined {
  const injects = injectsOf(seen, grip);
  if (injects.length === 0) return undefined;
  const hardMs = grip.fromMs + Math.max(...injects.map(({ ask }) => ask.durationMs));
  let leaseMs = grip.fromMs + Math.max(...injects.map(({ ask }) => ask.ttlMs));
  for (const { atMs, ask } of renewalsOf(seen, grip)) {
    if (atMs <= Math.min(leaseMs, hardMs)) leaseMs = Math.max(leaseMs, atMs + ask.ttlMs);
  }
  return Math.min(leaseMs, hardMs);
}

/** In the order of their arrival. */
function renewalsOf(seen: Observation, grip: Grip) {
  return seen.exchanges
    .flatMap(({ host, atMs, ask }) =>
      host === grip.host && ask.type === 'renew' && ask.faultId === grip.faultId ? [{ atMs, ask }] : [],
    )
    .sort((one, other) => one.atMs - other.atMs);
}

/** A host that sleeps runs neither target nor timer: what was due then is due when it wakes. */
export function dueMs(seen: Observation, host: string, atMs: number, withinMs: number): number {
  let due = atMs + withinMs;
  for (const sleep of standstillsOf(seen, host, 'host-suspended')) {
    if (sleep.fromMs <= due && (sleep.untilMs ?? seen.untilMs) >= due - withinMs) {
      due = Math.max(due, (sleep.untilMs ?? Number.POSITIVE_INFINITY) + withinMs);
    }
  }
  return due;
}

/** In the order in which they began. */
export function standstillsOf(seen: Observation, host: string, what: Standstill['what']): readonly Standstill[] {
  return seen.standstills
    .filter((each) => each.host === host && each.what === what)
    .sort((one, other) => one.fromMs - other.fromMs);
}

/** Whether something of the host stood still at any instant of that time. */
export function stoodStill(
  seen: Observation,
  { host, fromMs, untilMs }: { readonly host: string; readonly fromMs: number; readonly untilMs: number },
  what: readonly Standstill['what'][] = ['agent', 'host-suspended', 'host-down'],
): boolean {
  return seen.standstills.some(
    (each) =>
      each.host === host &&
      what.includes(each.what) &&
      each.fromMs <= untilMs &&
      (each.untilMs ?? Number.POSITIVE_INFINITY) >= fromMs,
  );
}

/** The grips of a fault, or of a whole host, that were there at an instant. */
export function grippedAt(seen: Observation, host: string, atMs: number): readonly Grip[] {
  return seen.grips.filter(
    (grip) => grip.host === host && grip.fromMs < atMs && (grip.untilMs ?? Number.POSITIVE_INFINITY) > atMs,
  );
}
