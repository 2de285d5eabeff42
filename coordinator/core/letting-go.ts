/** The orders to let go: one at a time for each host, repeated until the host has confirmed everything. */
import { type LetGoOrder, openHosts, type RunState } from './run.ts';
import type { Instant, RunDecision } from './run-decision.ts';

export const retryFirstMs = 500;
export const retryMaxMs = 15_000;

/** Orders these hosts to let go now. A host with an order under way is asked again right after it. */
export function letGo(state: RunState, hosts: readonly string[], now: Instant, reason: string): RunDecision {
  const orders = hosts.map((host): LetGoOrder => {
    const known = state.orders.find((order) => order.host === host);
    return known?.isUnderWay
      ? { ...known, retryAtMs: now.bootMs, attempts: 0 }
      : { host, attempts: known?.attempts ?? 0, isUnderWay: false, retryAtMs: now.bootMs };
  });
  const others = state.orders.filter((order) => !hosts.includes(order.host));
  return askDue({ ...state, orders: [...others, ...orders] }, now, reason);
}

/** Sends the orders whose time has come. A host that owes nothing any more is not asked again. */
export function askDue(state: RunState, now: Instant, reason: string): RunDecision {
  const open = openHosts(state);
  const owed = state.orders.filter((order) => order.isUnderWay || open.includes(order.host));
  const isDue = (order: LetGoOrder): boolean => !order.isUnderWay && now.bootMs >= order.retryAtMs;
  const due = owed.filter(isDue);
  const orders = owed.map((order) => (isDue(order) ? { ...order, isUnderWay: true } : order));
  const isSame = due.length === 0 && owed.length === state.orders.length;
  return {
    state: isSame ? state : { ...state, orders },
    effects: due.map(({ host }) => ({ type: 'let-go', host, reason })),
    notes: [],
  };
}

/** The order stays for as long as the host still owes something. */
export function orderAnswered(state: RunState, host: string, nowMs: number): RunState {
  if (openHosts(state).includes(host)) return orderFailed(state, host, nowMs);
  return { ...state, orders: state.orders.filter((order) => order.host !== host) };
}

export function orderFailed(state: RunState, host: string, nowMs: number): RunState {
  const orders = state.orders.map((order): LetGoOrder => {
    if (order.host !== host) return order;
    const retryAtMs = nowMs + Math.min(retryFirstMs * 2 ** order.attempts, retryMaxMs);
    return { host, attempts: order.attempts + 1, isUnderWay: false, retryAtMs };
  });
  return { ...state, orders };
}
