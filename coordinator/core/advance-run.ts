/** How a run moves on: as far as the time and what is known of its hosts allow, and no further. */
import { formatDurationMs } from '../../proto/quantity.ts';
import { askDue, letGo } from './letting-go.ts';
import { hasOpenLoad } from './load.ts';
import { rollBackFirst } from './rolling-back.ts';
import { type Activity, type End, isOpen, openHosts, type RunState } from './run.ts';
import type { Instant, RunDecision } from './run-decision.ts';
import { endOfPatienceMs, overdueAfterMs, patienceOf } from './run-due.ts';
import { joined, note, reasonOf, unchanged } from './run-parts.ts';
import { resultOf } from './run-result.ts';

/** Moves the run on as far as the time and what is known of its hosts allow. */
export function advance(state: RunState, now: Instant): RunDecision {
  const { life } = state;
  switch (life.phase) {
    case 'submitted':
      return unchanged(state);
    case 'queued':
      return giveUpWaiting(state, life, now);
    case 'baseline':
      return life.isWarm && now.bootMs >= life.endsAtMs ? planGroup(state, 0) : unchanged(state);
    case 'running':
      return advanceRunning(state, life, now);
    case 'ending':
      return finishIfDone(state, life.end, now);
    case 'ended':
      return clearIfConfirmed(state, life, now);
  }
}

/** The first cause wins: a run that is ending keeps its own. */
export function end(state: RunState, cause: End, now: Instant): RunDecision {
  const { life } = state;
  if (life.phase === 'ending' || life.phase === 'ended') return advance(state, now);
  const ending: RunState = { ...state, life: { phase: 'ending', end: cause, sinceMs: now.bootMs } };
  const kind = cause.cause === 'completed' ? 'phase' : cause.cause === 'refused' ? 'refused' : 'abort';
  const text = `${cause.cause}: ${cause.detail}`;
  const stopped: RunDecision = {
    state: ending,
    effects: hasOpenLoad(ending) ? [{ type: 'stop-loads' }] : [],
    notes: [],
  };
  return joined(
    joined(stopped, [], (next) => letGo(next, openHosts(next), now, text)),
    [note(kind, '', text)],
    (next) => advance(next, now),
  );
}

/** For news that end a running run, and that make an ending one ask its host once more. */
export function endOrAsk(state: RunState, cause: End, host: string, now: Instant): RunDecision {
  const { phase } = state.life;
  return phase === 'ending' || phase === 'ended' ? letGo(state, [host], now, reasonOf(state)) : end(state, cause, now);
}

function giveUpWaiting(state: RunState, life: RunState['life'] & { phase: 'queued' }, now: Instant): RunDecision {
  if (now.unixMs < life.expiresAtUnixMs) return unchanged(state);
  const waited = formatDurationMs(life.expiresAtUnixMs - life.sinceUnixMs);
  return end(state, { cause: 'refused', detail: `it waited in the queue for ${waited}: ${life.why}` }, now);
}

function advanceRunning(state: RunState, life: RunState['life'] & { phase: 'running' }, now: Instant): RunDecision {
  const doubt = doubtOf(state, now);
  if (doubt) return end(state, doubt, now);
  const own = state.placements.filter((placement) => placement.group === life.group);
  const { activity } = life;
  switch (activity.name) {
    case 'planning':
    case 'judging':
      return unchanged(state);
    case 'injecting': {
      if (own.some((placement) => placement.life.phase === 'ordered')) return askOverdue(state, now);
      return advance({ ...state, life: { ...life, activity: { ...activity, name: 'holding' } } }, now);
    }
    case 'holding': {
      if (now.bootMs >= activity.waitEndsAtMs && !own.some(isOpen) && !hasOpenLoad(state))
        return nextGroup(state, life.group, now);
      return askOverdue(state, now);
    }
    case 'recovering': {
      if (now.bootMs < activity.endsAtMs) return unchanged(state);
      return {
        state: { ...state, life: { ...life, activity: { name: 'judging' } } },
        effects: [{ type: 'judge' }],
        notes: [],
      };
    }
  }
}

/** Why a running run can no longer be vouched for. */
function doubtOf(state: RunState, now: Instant): End | undefined {
  for (const { host, life } of state.placements) {
    if (life.phase === 'active' && now.bootMs > life.leaseEndsAtMs && life.leaseEndsAtMs < life.endsAtMs) {
      const ttl = formatDurationMs(state.facts.experiment.leaseTtlMs);
      return { cause: 'host-unreachable', detail: `${host} has not answered a renewal within the lease of ${ttl}` };
    }
    const dueMs =
      life.phase === 'active'
        ? life.endsAtMs + overdueAfterMs
        : life.phase === 'unconfirmed'
          ? life.sinceMs
          : undefined;
    if (dueMs !== undefined && now.bootMs >= dueMs + patienceOf(state)) {
      return { cause: 'receipt-missing', detail: `${host} did not confirm that it is restored` };
    }
  }
  return undefined;
}

function askOverdue(state: RunState, now: Instant): RunDecision {
  const overdue = state.placements.filter(({ life }) => {
    if (life.phase === 'active') return now.bootMs >= life.endsAtMs + overdueAfterMs;
    return life.phase === 'unconfirmed' && now.bootMs >= life.sinceMs + overdueAfterMs;
  });
  const asked = state.orders.map((order) => order.host);
  const hosts = [...new Set(overdue.map((placement) => placement.host))].filter((host) => !asked.includes(host));
  return joined(letGo(state, hosts, now, 'its time is over'), [], (next) => askDue(next, now, 'its time is over'));
}

function nextGroup(state: RunState, group: number, now: Instant): RunDecision {
  const { experiment } = state.facts;
  if (group + 1 < experiment.method.length) return planGroup(state, group + 1);
  const { recoveryMs } = experiment;
  const activity: Activity = { name: 'recovering', endsAtMs: now.bootMs + recoveryMs };
  const notes = recoveryMs > 0 ? [note('phase', '', `recovering: watched for ${formatDurationMs(recoveryMs)}`)] : [];
  const next = { ...state, life: { phase: 'running', group, activity } as const };
  return joined(unchanged(next), notes, (recovering) => advance(recovering, now));
}

function planGroup(state: RunState, group: number): RunDecision {
  const isFirst = group === 0;
  const measuresBaseline = isFirst && state.facts.experiment.baselineMs > 0;
  return {
    state: { ...state, life: { phase: 'running', group, activity: { name: 'planning' } } },
    effects: [...(measuresBaseline ? [{ type: 'measure-baseline' } as const] : []), { type: 'plan', group }],
    notes: isFirst ? [note('phase', '', 'running')] : [],
  };
}

function finishIfDone(state: RunState, cause: End, now: Instant): RunDecision {
  const { life } = state;
  const open = openHosts(state);
  const isOver = life.phase === 'ending' && now.bootMs >= endOfPatienceMs(state, life.sinceMs);
  if (open.length > 0 && !isOver) return askDue(state, now, reasonOf(state));
  // What was driven until now is still being counted.
  if (hasOpenLoad(state) && !isOver) return unchanged(state);
  const toRollBack = life.phase === 'ending' ? rollBackFirst(state, cause, now) : undefined;
  if (toRollBack) return joined(toRollBack, [], (next) => askDue(next, now, reasonOf(next)));
  const result = resultOf(state, cause);
  const ended: RunState = { ...state, life: { phase: 'ended', end: cause, result, endedAtUnixMs: now.unixMs } };
  const owed = open.length > 0 ? `; not confirmed: ${open.join(', ')}; asked until a receipt comes` : '';
  return joined(
    { state: ended, effects: state.facts.experiment.probes.length > 0 ? [{ type: 'stop-probes' }] : [], notes: [] },
    [note('end', '', `${result}: ${cause.detail}${owed}`)],
    (next) => askDue(next, now, reasonOf(next)),
  );
}

/** Receipts that come after the end can still clear a run; they never change why it ended. */
function clearIfConfirmed(state: RunState, life: RunState['life'] & { phase: 'ended' }, now: Instant): RunDecision {
  const result = resultOf(state, life.end);
  if (result === life.result) return askDue(state, now, reasonOf(state));
  return {
    state: { ...state, life: { ...life, result } },
    effects: [],
    notes: [note('end', '', `${result}: every host has confirmed now; before: ${life.result}`)],
  };
}
