/** What a host's word about a fault makes of the inject that asked for it. */
import type { Receipt } from '../../proto/fault.ts';
import { identityKey } from '../../proto/identity.ts';
import { isOpen, type Placement, type PlacementLife, type RunState } from './run.ts';
import type { FaultSeen } from './run-decision.ts';

/** How long an inject is waited for: a holder takes up to 5 s to bind, and the host then says what it sees. */
export const injectDeadlineMs = 10_000;
/** How much longer than its deadline and a lease an order could still arrive and take effect. */
const arrivalMarginMs = 5000;

/** @returns the same life when the host said nothing new. */
export function lifeOfSeen(life: PlacementLife, fault: FaultSeen, nowMs: number): PlacementLife {
  switch (fault.phase) {
    case 'binding':
    case 'active':
      // Once it was said to be over, an older word that it was active comes too late.
      if (life.phase === 'unconfirmed') return life;
      return {
        phase: 'active',
        faultId: fault.faultId,
        endsAtMs: nowMs + fault.durationRemainingMs,
        leaseEndsAtMs: nowMs + fault.leaseRemainingMs,
        seen: fault.seen,
      };
    case 'ending':
      return life.phase === 'unconfirmed' ? life : { phase: 'unconfirmed', faultId: fault.faultId, sinceMs: nowMs };
    case 'unresolved':
    case 'ended':
      return fault.receipt ? lifeOfReceipt(life, fault.receipt, nowMs) : life;
  }
}

/** "restored after 12 ms: pid 4711 20 of 20 threads run" */
export function receiptText(receipt: Receipt): string {
  const targets = receipt.targets.map(({ identity, outcome, seen }) =>
    [identity && `pid ${identity.pid}`, outcome, seen && `(${seen})`].filter(Boolean).join(' '),
  );
  const cause = [receipt.cause, receipt.detail].filter(Boolean).join(': ');
  const ending = receipt.confirmed ? `confirmed after ${receipt.restoredMs} ms` : 'NOT confirmed yet';
  return `${cause}; ${ending}${targets.length > 0 ? `: ${targets.join(', ')}` : ''}`;
}

/**
 * Takes the receipts of everything that a host knows of a run. An inject whose fault id never came back is matched by
 * its targets. One that the host does not know was never made, but only once it can no longer arrive.
 */
export function closeByReceipts(
  run: RunState,
  host: string,
  receipts: readonly Receipt[],
  nowMs: number,
): { readonly placements: readonly Placement[]; readonly notes: readonly string[] } {
  const notes: string[] = [];
  const ids = new Set(run.placements.flatMap(({ life }) => ('faultId' in life ? [life.faultId] : [])));
  const settled = new Set(run.placements.flatMap(({ life }) => (life.phase === 'ended' ? [life.receipt.faultId] : [])));
  const unclaimed = receipts.filter(({ faultId }) => !ids.has(faultId) && !settled.has(faultId));
  const takeUnclaimed = (placement: Placement): Receipt | undefined => {
    const found = unclaimed.find((receipt) => isAbout(receipt, placement));
    if (found) unclaimed.splice(unclaimed.indexOf(found), 1);
    return found;
  };
  const placements = run.placements.map((placement): Placement => {
    const { life } = placement;
    if (placement.host !== host || !isOpen(placement)) return placement;
    const receipt =
      'faultId' in life ? receipts.find((each) => each.faultId === life.faultId) : takeUnclaimed(placement);
    if (receipt) {
      const next = lifeOfReceipt(life, receipt, nowMs);
      if (next.phase === 'ended') notes.push(receiptText(receipt));
      return { ...placement, life: next };
    }
    const isPast = life.phase === 'unknown' && nowMs >= arrivesUntilMs(life.orderedAtMs, run);
    if (!isPast) return placement;
    const detail = 'the host does not know this inject, and it can no longer arrive: it was never made';
    notes.push(detail);
    return { ...placement, life: { phase: 'never', detail } };
  });
  return { placements, notes };
}

function lifeOfReceipt(life: PlacementLife, receipt: Receipt, nowMs: number): PlacementLife {
  if (receipt.confirmed) return { phase: 'ended', receipt };
  const sinceMs = life.phase === 'unconfirmed' ? life.sinceMs : nowMs;
  return { phase: 'unconfirmed', faultId: receipt.faultId, sinceMs, receipt };
}

function isAbout(receipt: Receipt, placement: Placement): boolean {
  const seen = receipt.targets.flatMap(({ identity }) => (identity ? [identityKey(identity)] : [])).sort();
  const asked = placement.targets.map(identityKey).sort();
  return seen.join() === asked.join();
}

function arrivesUntilMs(orderedAtMs: number, run: RunState): number {
  return orderedAtMs + injectDeadlineMs + run.facts.experiment.leaseTtlMs + arrivalMarginMs;
}
