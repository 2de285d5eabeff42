/** When a run has something to do next by itself, and how long it is patient. */
import { hasOpenLoad } from './load.ts';
import { rollBackWithinMs } from './rolling-back.ts';
import { type Activity, openHosts, type Placement, type RunState } from './run.ts';

/** How long past its hard duration a fault may stay unreported before its host is asked. */
export const overdueAfterMs = 2000;
/** How long an ending run waits for receipts, beyond a lease, before it is called unresolved. */
const patienceMs = 10_000;

/** When `tick` has something to do next, or undefined when only an input can move the run. */
export function nextDueMs(state: RunState): number | undefined {
  const open = openHosts(state);
  const waiting = state.orders.filter((order) => !order.isUnderWay && open.includes(order.host));
  const due = [...lifeDueMs(state, open), ...waiting.map((order) => order.retryAtMs)];
  return due.length > 0 ? Math.min(...due) : undefined;
}

export function patienceOf(state: RunState): number {
  return state.facts.experiment.leaseTtlMs + patienceMs;
}

export function endOfPatienceMs(state: RunState, sinceMs: number): number {
  return sinceMs + patienceOf(state);
}

function lifeDueMs(state: RunState, open: readonly string[]): readonly number[] {
  const { life } = state;
  switch (life.phase) {
    case 'baseline':
      return life.isWarm ? [life.endsAtMs] : [];
    case 'running':
      return [
        ...activityDueMs(life.activity, open.length > 0 || hasOpenLoad(state)),
        ...state.placements.flatMap((each) => placementDueMs(state, each)),
      ];
    case 'ending':
      return [
        state.rollBackSinceMs === undefined
          ? endOfPatienceMs(state, life.sinceMs)
          : state.rollBackSinceMs + rollBackWithinMs,
      ];
    case 'submitted':
    // Its time is of the calendar: the queue looks at it.
    case 'queued':
    case 'ended':
      return [];
  }
}

function activityDueMs(activity: Activity, isHolding: boolean): readonly number[] {
  switch (activity.name) {
    case 'holding':
      // While a host or a load owes something, its answer moves the run on, and the end of a wait alone does not.
      return isHolding ? [] : [activity.waitEndsAtMs];
    case 'recovering':
      return [activity.endsAtMs];
    case 'planning':
    case 'injecting':
    case 'judging':
      return [];
  }
}

function placementDueMs(state: RunState, { host, life }: Placement): readonly number[] {
  const isAsked = state.orders.some((order) => order.host === host);
  switch (life.phase) {
    case 'active': {
      const overdue = life.endsAtMs + overdueAfterMs;
      const isHeldPastLease = life.leaseEndsAtMs < life.endsAtMs;
      return [isAsked ? overdue + patienceOf(state) : overdue, ...(isHeldPastLease ? [life.leaseEndsAtMs + 1] : [])];
    }
    case 'unconfirmed':
      return [life.sinceMs + (isAsked ? patienceOf(state) : overdueAfterMs)];
    default:
      return [];
  }
}
