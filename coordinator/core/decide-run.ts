/**
 * The one decision function of a run: `decideRun(state, input, now)`. Pure: time is an argument, and everything it wants
 * done is an effect whose result comes back as another input.
 *
 *   submitted ──start──▶ baseline ──▶ running ──────────────────────────────────────────────▶ ending ──▶ ended
 *        │                            planning ▶ injecting ▶ holding ▶ (next group)             ▲  every host has
 *        │                                                      └▶ recovering ▶ judging ────────┤  confirmed, or
 *        └─ refused ──▶ ended                    rule, person, halt, host lost, doubt ──────────┘  patience is over
 *
 * Whatever is in doubt ends the run: an inject that is not answered, a host that is not heard, a fault that ends early.
 * Ended is not the last word on a host that did not confirm: it goes on being asked, and a late receipt clears the run.
 */
import type { Receipt } from '../../proto/fault.ts';
import { formatDurationMs } from '../../proto/quantity.ts';
import type { WaitStep } from './experiment.ts';
import { askDue, letGo, orderAnswered, orderFailed } from './letting-go.ts';
import { closeByReceipts, lifeOfSeen, receiptText } from './placement.ts';
import { type Activity, type End, isOpen, openHosts, type Placement, type RunState } from './run.ts';
import type { FaultSeen, Instant, NoteKind, RunDecision, RunEffect, RunInput, RunNote } from './run-decision.ts';
import { resultOf } from './run-result.ts';

/** How long past its hard duration a fault may stay unreported before its host is asked. */
export const overdueAfterMs = 2000;
/** How long an ending run waits for receipts, beyond a lease, before it is called unresolved. */
export const patienceMs = 10_000;

export function decideRun(state: RunState, input: RunInput, now: Instant): RunDecision {
  const { life } = state;
  switch (input.type) {
    case 'start':
      return life.phase === 'submitted' ? start(state, input, now) : unchanged(state);
    case 'refuse':
      return end({ ...state, gates: input.gates ?? state.gates }, refusal(input.reasons), now);
    case 'probes-warm':
      return life.phase === 'baseline' ? advance({ ...state, life: { ...life, isWarm: true } }, now) : unchanged(state);
    case 'baseline-measured':
      return unchanged({ ...state, baseline: input.baseline });
    case 'planned':
      return planned(state, input, now);
    case 'not-sent':
    case 'inject-refused':
      return notInjected(state, input.key, input.detail, now);
    case 'inject-failed':
      return injectFailed(state, input, now);
    case 'inject-unanswered':
      return injectUnanswered(state, input.key, input.detail, now);
    case 'fault-seen':
      return faultSeen(state, input.host, input.fault, now);
    case 'receipts':
      return receipts(state, input.host, input.receipts, now);
    case 'let-go-failed':
      return joined(
        unchanged(orderFailed(state, input.host, now.bootMs)),
        [note('receipt', input.host, `did not confirm: ${input.detail}; asked again`)],
        (next) => advance(next, now),
      );
    case 'renewed':
      return unchanged(renewed(state, input.faultIds, input.sentAtMs));
    case 'renewal-refused':
      return renewalRefused(state, input.faultId, input.detail, now);
    case 'deviated':
      return deviated(state, input.detail);
    case 'judged':
      return life.phase === 'running' && life.activity.name === 'judging'
        ? end(state, { cause: 'completed', detail: 'every step is done' }, now)
        : unchanged(state);
    case 'measured':
      return unchanged({ ...state, probes: input.probes });
    case 'end':
      return end(state, input.end, now);
    case 'reclaim':
      return reclaim(state, input.faults, now);
    case 'abandon':
      return abandon(state, input.host, input.detail, now);
    case 'tick':
      return advance(state, now);
  }
}

/** When `tick` has something to do next, or undefined when only an input can move the run. */
export function nextDueMs(state: RunState): number | undefined {
  const open = openHosts(state);
  const waiting = state.orders.filter((order) => !order.isUnderWay && open.includes(order.host));
  const due = [...lifeDueMs(state, open), ...waiting.map((order) => order.retryAtMs)];
  return due.length > 0 ? Math.min(...due) : undefined;
}

function lifeDueMs(state: RunState, open: readonly string[]): readonly number[] {
  const { life } = state;
  switch (life.phase) {
    case 'baseline':
      return life.isWarm ? [life.endsAtMs] : [];
    case 'running':
      return [
        ...activityDueMs(life.activity, open.length > 0),
        ...state.placements.flatMap((each) => placementDueMs(state, each)),
      ];
    case 'ending':
      return [endOfPatienceMs(state, life.sinceMs)];
    case 'submitted':
    case 'ended':
      return [];
  }
}

function activityDueMs(activity: Activity, isHolding: boolean): readonly number[] {
  switch (activity.name) {
    case 'holding':
      // While a host owes something, its answer moves the run on, and the end of a wait alone does not.
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

function start(state: RunState, input: RunInput & { type: 'start' }, now: Instant): RunDecision {
  const { baselineMs, probes } = state.facts.experiment;
  const life = { phase: 'baseline', endsAtMs: now.bootMs + baselineMs, isWarm: probes.length === 0 } as const;
  const text = baselineMs > 0 ? `baseline for ${formatDurationMs(baselineMs)}` : 'started';
  return joined(
    {
      state: { ...state, life, gates: input.gates },
      effects: probes.length > 0 ? [{ type: 'watch-probes' }] : [],
      notes: [],
    },
    [note('phase', '', `${text}, by ${input.by}`)],
    (next) => advance(next, now),
  );
}

function planned(state: RunState, input: RunInput & { type: 'planned' }, now: Instant): RunDecision {
  const { life } = state;
  if (life.phase !== 'running' || life.activity.name !== 'planning') return unchanged(state);
  const { group } = life;
  const placements = input.placements.map(
    (each): Placement => ({ ...each, group, life: { phase: 'ordered', atMs: now.bootMs } }),
  );
  const waits = groupOf(state, group).filter((step): step is WaitStep => step.kind === 'wait');
  const waitEndsAtMs = now.bootMs + Math.max(0, ...waits.map((step) => step.durationMs));
  const decision: RunDecision = {
    state: {
      ...state,
      life: { ...life, activity: { name: 'injecting', waitEndsAtMs } },
      placements: [...state.placements, ...placements],
      targetsDigests:
        input.targetsDigest === '' ? state.targetsDigests : [...state.targetsDigests, input.targetsDigest],
    },
    effects: placements.map((placement) => ({ type: 'inject', placement })),
    notes: [],
  };
  const notes = [
    ...waits.map((step) => note('step', '', `step ${step.number}: wait ${formatDurationMs(step.durationMs)}`)),
    ...placements.map((each) => note('step', each.host, `step ${each.stepNumber}: ${stepText(state, each)}`)),
  ];
  return joined(decision, notes, (next) => advance(next, now));
}

/** A run that left out one of its injects would not be the run that was planned. */
function notInjected(state: RunState, key: string, detail: string, now: Instant): RunDecision {
  const placement = placementOf(state, key);
  if (placement?.life.phase !== 'ordered') return unchanged(state);
  const next = replaced(state, { ...placement, life: { phase: 'never', detail } });
  return joined(unchanged(next), [note('refused', placement.host, detail)], (refused) =>
    end(refused, { cause: 'refused', detail: `${placement.host}: ${detail}` }, now),
  );
}

function injectFailed(state: RunState, input: RunInput & { type: 'inject-failed' }, now: Instant): RunDecision {
  const placement = placementOf(state, input.key);
  if (!placement || !isOpen(placement)) return unchanged(state);
  const { faultId, detail } = input;
  const next = replaced(state, { ...placement, life: { phase: 'unconfirmed', faultId, sinceMs: now.bootMs } });
  return joined(unchanged(next), [note('inject', placement.host, detail)], (failed) =>
    endOrAsk(failed, { cause: 'inject-failed', detail: `${placement.host}: ${detail}` }, placement.host, now),
  );
}

function injectUnanswered(state: RunState, key: string, detail: string, now: Instant): RunDecision {
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

function faultSeen(state: RunState, host: string, fault: FaultSeen, now: Instant): RunDecision {
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

function receipts(state: RunState, host: string, found: readonly Receipt[], now: Instant): RunDecision {
  const closed = closeByReceipts(state, host, found, now.bootMs);
  const answered = orderAnswered({ ...state, placements: closed.placements }, host, now.bootMs);
  return joined(
    unchanged(answered),
    closed.notes.map((text) => note('receipt', host, text)),
    (next) => advance(next, now),
  );
}

function renewed(state: RunState, faultIds: readonly string[], sentAtMs: number): RunState {
  const leaseEndsAtMs = sentAtMs + state.facts.experiment.leaseTtlMs;
  const placements = state.placements.map((each): Placement => {
    const isRenewed = each.life.phase === 'active' && faultIds.includes(each.life.faultId);
    if (!isRenewed || each.life.phase !== 'active') return each;
    return { ...each, life: { ...each.life, leaseEndsAtMs: Math.max(each.life.leaseEndsAtMs, leaseEndsAtMs) } };
  });
  return { ...state, placements };
}

/** The host says that there is nothing to renew: the fault is over there, and its receipt is still to come. */
function renewalRefused(state: RunState, faultId: string, detail: string, now: Instant): RunDecision {
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

function deviated(state: RunState, detail: string): RunDecision {
  if (state.deviation !== undefined || state.life.phase !== 'running') return unchanged(state);
  return { state: { ...state, deviation: detail }, effects: [], notes: [note('probe', '', `deviated: ${detail}`)] };
}

function reclaim(
  state: RunState,
  faults: readonly (FaultSeen & { readonly host: string })[],
  now: Instant,
): RunDecision {
  const { life } = state;
  if (life.phase !== 'running' || life.activity.name !== 'holding') return unchanged(state);
  const placements = state.placements.map((each): Placement => {
    const fault = faults.find((seen) => seen.host === each.host && seen.idempotencyKey === each.key);
    return fault && isOpen(each) ? { ...each, life: lifeOfSeen(each.life, fault, now.bootMs) } : each;
  });
  // Boot time starts anew with the machine; a wait is then never longer than the file says.
  const waits = groupOf(state, life.group).filter((step) => step.kind === 'wait');
  const longestMs = Math.max(0, ...waits.map((step) => step.durationMs));
  const waitEndsAtMs = Math.min(life.activity.waitEndsAtMs, now.bootMs + longestMs);
  const hasProbes = state.facts.experiment.probes.length > 0;
  return {
    state: { ...state, placements, life: { ...life, activity: { name: 'holding', waitEndsAtMs } } },
    effects: hasProbes ? [{ type: 'watch-probes' }] : [],
    notes: [
      note('phase', '', `the coordinator was restarted; ${faults.length} faults found in force and taken up again`),
    ],
  };
}

function abandon(state: RunState, host: string, detail: string, now: Instant): RunDecision {
  const isEnding = state.life.phase === 'ending' || state.life.phase === 'ended';
  if (!isEnding || !openHosts(state).includes(host)) return unchanged(state);
  const placements = state.placements.map(
    (each): Placement =>
      each.host === host && isOpen(each) ? { ...each, life: { phase: 'abandoned', detail } } : each,
  );
  const orders = state.orders.filter((order) => order.host !== host);
  return joined(unchanged({ ...state, placements, orders }), [note('receipt', host, detail)], (next) =>
    advance(next, now),
  );
}

/** Moves the run on as far as the time and what is known of its hosts allow. */
function advance(state: RunState, now: Instant): RunDecision {
  const { life } = state;
  switch (life.phase) {
    case 'submitted':
      return unchanged(state);
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
      if (now.bootMs >= activity.waitEndsAtMs && !own.some(isOpen)) return nextGroup(state, life.group, now);
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

/** The first cause wins: a run that is ending keeps its own. */
function end(state: RunState, cause: End, now: Instant): RunDecision {
  const { life } = state;
  if (life.phase === 'ending' || life.phase === 'ended') return advance(state, now);
  const ending: RunState = { ...state, life: { phase: 'ending', end: cause, sinceMs: now.bootMs } };
  const kind = cause.cause === 'completed' ? 'phase' : cause.cause === 'refused' ? 'refused' : 'abort';
  const text = `${cause.cause}: ${cause.detail}`;
  return joined(letGo(ending, openHosts(ending), now, text), [note(kind, '', text)], (next) => advance(next, now));
}

/** For news that end a running run, and that make an ending one ask its host once more. */
function endOrAsk(state: RunState, cause: End, host: string, now: Instant): RunDecision {
  const { phase } = state.life;
  return phase === 'ending' || phase === 'ended' ? letGo(state, [host], now, reasonOf(state)) : end(state, cause, now);
}

function finishIfDone(state: RunState, cause: End, now: Instant): RunDecision {
  const { life } = state;
  const open = openHosts(state);
  const isOver = life.phase === 'ending' && now.bootMs >= endOfPatienceMs(state, life.sinceMs);
  if (open.length > 0 && !isOver) return askDue(state, now, reasonOf(state));
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

function placementOf(state: RunState, key: string): Placement | undefined {
  return state.placements.find((placement) => placement.key === key);
}

function replaced(state: RunState, placement: Placement): RunState {
  return { ...state, placements: state.placements.map((each) => (each.key === placement.key ? placement : each)) };
}

function groupOf(state: RunState, group: number): RunState['facts']['experiment']['method'][number]['steps'] {
  return state.facts.experiment.method[group]?.steps ?? [];
}

function stepText(state: RunState, placement: Placement): string {
  const steps = state.facts.experiment.method.flatMap((group) => group.steps);
  const step = steps.find((each) => each.number === placement.stepNumber);
  const pids = placement.targets.map((target) => target.pid).join(', ');
  if (step?.kind !== 'fault') return '';
  return `${step.fault}${pids && ` of pid ${pids}`} for ${formatDurationMs(step.durationMs)}`;
}

function refusal(reasons: readonly string[]): End {
  return { cause: 'refused', detail: reasons.join('; ') };
}

function reasonOf(state: RunState): string {
  const { life } = state;
  return life.phase === 'ending' || life.phase === 'ended' ? `${life.end.cause}: ${life.end.detail}` : '';
}

function patienceOf(state: RunState): number {
  return state.facts.experiment.leaseTtlMs + patienceMs;
}

function endOfPatienceMs(state: RunState, sinceMs: number): number {
  return sinceMs + patienceOf(state);
}

function note(kind: NoteKind, host: string, text: string): RunNote {
  return { kind, host, text };
}

function unchanged(state: RunState): RunDecision {
  return { state, effects: [], notes: [] };
}

/** One decision, then what follows from it, as one. */
function joined(first: RunDecision, notes: readonly RunNote[], then: (state: RunState) => RunDecision): RunDecision {
  const second = then(first.state);
  const effects: readonly RunEffect[] = [...first.effects, ...second.effects];
  return { state: second.state, effects, notes: [...first.notes, ...notes, ...second.notes] };
}
