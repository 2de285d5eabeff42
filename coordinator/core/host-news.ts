/** What the news from hosts make of a run: answers to injects, faults seen, receipts, renewals. */
import type { Receipt } from '../../proto/fault.ts';
import { advance, end, endOrAsk } from './advance-run.ts';
import { letGo, orderAnswered } from './letting-go.ts';
import { closeByReceipts, lifeOfSeen, receiptText } from './placement.ts';
import { isOpen, type Placement, type RunState } from './run.ts';
import type { FaultSeen, Instant, RunDecision, RunInput } from './run-decision.ts';
import { joined, note, placementOf, reasonOf, replaced, unchanged } from './run-parts.ts';

/** A run that left out one of its injects would not be the run that was planned. */
export function notInjected(state: RunState, key: string, detail: string, now: Instant): RunDecision {
  const placement = placementOf(state, key);
  if (placement?.life.phase !== 'ordered') return unchanged(state);
  const next = replaced(state, { ...placement, life: { phase: 'never', detail } });
  return joined(unchanged(next), [note('refused', placement.host, detail)], (refused) =>
    end(refused, { cause: 'refused', detail: `${placement.host}: ${detail}` }, now),
  );
}

export function injectFailed(state: RunState, input: RunInput & { type: 'inject-failed' }, now: Instant): RunDecision {
  const placement = placementOf(state, input.key);
  if (!placement || !isOpen(placement)) return unchanged(state);
  const { faultId, detail } = input;
  const next = replaced(state, { ...placement, life: { phase: 'unconfirmed', faultId, sinceMs: now.bootMs } });
  return joined(unchanged(next), [note('inject', placement.host, detail)], (failed) =>
    endOrAsk(failed, { cause: 'inject-failed', detail: `${placement.host}: ${detail}` }, placement.host, now),
  );
}

export function injectUnanswered(state: RunState, key: string, detail: string, now: Instant): RunDecision {
  const placement = placementOf(state, key);
  if (placement?.life.phase !== 'ordered') return unchanged(state);
  const next = replaced(state, {
    ...placement,
    life: { phase: 'unknown', orderedAtMs: placement.life.atMs, detail },
  });
  const text = `the outcome of the inject is unknown: ${detail}`;
  return joined(unchanged(next), [note('inject', placement.host, text)], (doubtful) =>
    endOrAsk(doubtful, { cause: 'inject-unanswered', detail: `${placement.host}: ${text}` }, placement.host, now),
  );
}

export function faultSeen(state: RunState, host: string, fault: FaultSeen, now: Instant): RunDecision {
  const placement = placementOf(state, fault.idempotencyKey);
  if (!placement || placement.host !== host || !isOpen(placement)) return unchanged(state);
  const life = lifeOfSeen(placement.life, fault, now.bootMs);
  if (life === placement.life) return unchanged(state);
  const next = replaced(state, { ...placement, life });
  switch (life.phase) {
    case 'active': {
      const isNews = placement.life.phase !== 'active';
      const notes = isNews ? [note('inject', host, `step ${placement.stepNumber}: ${life.seen || 'injected'}`)] : [];
      // An order that overtook the end of its run: there was nothing to let go of when the host was told.
      const isLate = state.life.phase !== 'running';
      return joined(unchanged(next), notes, (held) =>
        isLate ? letGo(held, [host], now, reasonOf(held)) : advance(held, now),
      );
    }
    case 'ended':
      return joined(unchanged(next), [note('receipt', host, receiptText(life.receipt))], (over) =>
        afterReceipt(over, host, life.receipt, now),
      );
    case 'unconfirmed':
      return joined(unchanged(next), life.receipt ? [note('receipt', host, receiptText(life.receipt))] : [], (over) =>
        advance(over, now),
      );
    default:
      return unchanged(next);
  }
}

export function receipts(state: RunState, host: string, found: readonly Receipt[], now: Instant): RunDecision {
  const closed = closeByReceipts(state, host, found, now.bootMs);
  const answered = orderAnswered({ ...state, placements: closed.placements }, host, now.bootMs);
  return joined(
    unchanged(answered),
    closed.notes.map((text) => note('receipt', host, text)),
    (next) => advance(next, now),
  );
}

export function renewed(state: RunState, faultIds: readonly string[], sentAtMs: number): RunState {
  const leaseEndsAtMs = sentAtMs + state.facts.experiment.leaseTtlMs;
  const placements = state.placements.map((each): Placement => {
    const isRenewed = each.life.phase === 'active' && faultIds.includes(each.life.faultId);
    if (!isRenewed || each.life.phase !== 'active') return each;
    return { ...each, life: { ...each.life, leaseEndsAtMs: Math.max(each.life.leaseEndsAtMs, leaseEndsAtMs) } };
  });
  return { ...state, placements };
}

/** The host says that there is nothing to renew: the fault is over there, and its receipt is still to come. */
export function renewalRefused(state: RunState, faultId: string, detail: string, now: Instant): RunDecision {
  const placement = state.placements.find((each) => each.life.phase === 'active' && each.life.faultId === faultId);
  if (placement?.life.phase !== 'active') return unchanged(state);
  const next = replaced(state, { ...placement, life: { phase: 'unconfirmed', faultId, sinceMs: now.bootMs } });
  const isInTime = now.bootMs < placement.life.endsAtMs;
  return joined(unchanged(next), [note('lease', placement.host, detail)], (over) =>
    isInTime
      ? end(over, { cause: 'fault-ended-early', detail: `${placement.host}: ${detail}` }, now)
      : advance(over, now),
  );
}

/** A fault that ended for any reason but its time ends the run: the experiment is no longer what was planned. */
function afterReceipt(state: RunState, host: string, receipt: Receipt, now: Instant): RunDecision {
  const isOurs = state.orders.some((order) => order.host === host);
  switch (receipt.cause) {
    case 'completed':
    case 'targets-gone':
      return advance(state, now);
    case 'halted':
      return end(
        state,
        { cause: 'halted', detail: `${host} was halted${receipt.detail && `: ${receipt.detail}`}` },
        now,
      );
    case 'restored':
      if (isOurs) return advance(state, now);
      break;
    default:
  }
  return end(state, { cause: 'fault-ended-early', detail: `${host}: ${receiptText(receipt)}` }, now);
}
