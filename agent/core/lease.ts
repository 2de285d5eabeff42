/** How long a fault may live. All instants are boot time in milliseconds. Expiry is decided here and nowhere else. */

export interface Lease {
  /** A renewal moves this; nothing else does. */
  readonly expiresAtBootMs: number;
  /** The asked duration, from the inject on. No renewal goes past it. */
  readonly hardDeadlineBootMs: number;
}

export function grantLease(nowBootMs: number, asked: { ttlMs: number; durationMs: number }): Lease {
  return { expiresAtBootMs: nowBootMs + asked.ttlMs, hardDeadlineBootMs: nowBootMs + asked.durationMs };
}

/** The instant at which the fault ends unless something ends it sooner. */
export function endsAtBootMs(lease: Lease): number {
  return Math.min(lease.expiresAtBootMs, lease.hardDeadlineBootMs);
}

/** At the very instant of its end a lease is over: there is one definition, so no gap and no overlap. */
export function isOver(lease: Lease, nowBootMs: number): boolean {
  return nowBootMs >= endsAtBootMs(lease);
}

/** Why a lease that is over ended: a fault that reached its full duration is complete, also when its lease ended then. */
export function overBecause(lease: Lease, nowBootMs: number): 'completed' | 'lease-expired' {
  return nowBootMs >= lease.hardDeadlineBootMs ? 'completed' : 'lease-expired';
}

/** @returns undefined for a late renewal: what is over stays over. A renewal never shortens a lease. */
export function renewLease(lease: Lease, nowBootMs: number, ttlMs: number): Lease | undefined {
  if (isOver(lease, nowBootMs)) return undefined;
  return { ...lease, expiresAtBootMs: Math.max(lease.expiresAtBootMs, nowBootMs + ttlMs) };
}
