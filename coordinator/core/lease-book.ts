/** Which leases are to be renewed. A fault of a run that is ending is not: its lease is allowed to run out. */
import { injectDeadlineMs } from './placement.ts';
import { isOpen, type Placement, type RunState } from './run.ts';

/** How often each host hears from the coordinator, with renewals where there are any. */
export const renewEveryMs = 3000;
/** How long an answer is waited for: less than the time to the next one. */
export const renewalDeadlineMs = 2500;

/**
 * How long the next beat may wait: a third of the shortest lease that is held or being asked for, so that a renewal may
 * be lost and nothing ends.
 */
export function beatAfterMs(runs: Iterable<RunState>): number {
  const leases = [...runs].flatMap((run) =>
    run.life.phase === 'running' && run.placements.some(isOpen) ? [run.facts.experiment.leaseTtlMs / 3] : [],
  );
  return Math.min(renewEveryMs, ...leases);
}

export interface DueRenewal {
  readonly runId: string;
  readonly faultId: string;
  readonly ttlMs: number;
}

export function renewalsFor(host: string, runs: Iterable<RunState>, nowMs: number): readonly DueRenewal[] {
  return [...runs].flatMap((run) =>
    run.life.phase === 'running'
      ? run.placements.flatMap((placement) => {
          const { life } = placement;
          // Past its hard duration nothing can be renewed, and a lease that ran out is not brought back.
          const isRenewable = life.phase === 'active' && nowMs < life.endsAtMs && nowMs <= life.leaseEndsAtMs;
          if (placement.host !== host || !isRenewable) return [];
          return [{ runId: run.facts.runId, faultId: life.faultId, ttlMs: run.facts.experiment.leaseTtlMs }];
        })
      : [],
  );
}

/**
 * When the last lease that this host could have got is over, should it never be heard of again; undefined when it holds
 * nothing. `arrivedByMs`: for each fault, the latest instant at which its last renewal can have reached the host.
 */
export function lastLeaseEndsAtMs(
  host: string,
  runs: Iterable<RunState>,
  arrivedByMs: ReadonlyMap<string, number>,
): number | undefined {
  const ends = [...runs].flatMap((run) =>
    run.placements
      .filter((placement) => placement.host === host && isOpen(placement))
      .map((placement) => leaseBoundMs(placement, run.facts.experiment.leaseTtlMs, arrivedByMs)),
  );
  return ends.length > 0 ? Math.max(...ends) : undefined;
}

function leaseBoundMs({ life }: Placement, ttlMs: number, arrivedByMs: ReadonlyMap<string, number>): number {
  switch (life.phase) {
    case 'ordered':
      return life.atMs + injectDeadlineMs + ttlMs;
    case 'unknown':
      return life.orderedAtMs + injectDeadlineMs + ttlMs;
    case 'active':
      return Math.min(life.endsAtMs, Math.max(life.leaseEndsAtMs, (arrivedByMs.get(life.faultId) ?? 0) + ttlMs));
    case 'unconfirmed':
      return life.sinceMs + ttlMs;
    case 'ended':
    case 'never':
    case 'abandoned':
      return 0;
  }
}
