/**
 * The one decision function of a run: `decideRun(state, input, now)`. Pure: time is an argument, and everything it wants
 * done is an effect whose result comes back as another input.
 *
 *   submitted ──start──▶ baseline ──▶ running ──────────────────────────────────────────────▶ ending ──▶ ended
 *        │ (queued, where others have what it needs)
 *        │                            planning ▶ injecting ▶ holding ▶ (next group)             ▲  every host has
 *        │                                                      └▶ recovering ▶ judging ────────┤  confirmed, or
 *        └─ refused ──▶ ended                    rule, person, halt, host lost, doubt ──────────┘  patience is over
 *
 * Whatever is in doubt ends the run: an inject that is not answered, a host that is not heard, a fault that ends early.
 * Ended is not the last word on a host that did not confirm: it goes on being asked, and a late receipt clears the run.
 */
import { formatDurationMs } from '../../proto/quantity.ts';
import { advance, end } from './advance-run.ts';
import type { WaitStep } from './experiment.ts';
import {
  faultSeen,
  injectFailed,
  injectUnanswered,
  notInjected,
  receipts,
  renewalRefused,
  renewed,
} from './host-news.ts';
import { rollbackText } from './host-rollback.ts';
import { orderFailed } from './letting-go.ts';
import { beginLoads, loadEnded, loadSteps } from './load.ts';
import { lifeOfSeen } from './placement.ts';
import { queue, queueMoved } from './queueing.ts';
import { type End, isOpen, openHosts, type Placement, type RunState } from './run.ts';
import type { FaultSeen, Instant, RunDecision, RunInput } from './run-decision.ts';
import { groupOf, joined, note, unchanged } from './run-parts.ts';

export function decideRun(state: RunState, input: RunInput, now: Instant): RunDecision {
  const { life } = state;
  switch (input.type) {
    case 'start':
      return life.phase === 'submitted' || life.phase === 'queued' ? start(state, input, now) : unchanged(state);
    case 'queue':
      return life.phase === 'submitted' ? queue(state, input, now) : unchanged(state);
    case 'queue-moved':
      return queueMoved(state, input);
    case 'refuse':
      return end({ ...state, gates: input.gates ?? state.gates }, refusal(input.reasons), now);
    case 'probes-warm':
      return life.phase === 'baseline' ? advance({ ...state, life: { ...life, isWarm: true } }, now) : unchanged(state);
    case 'baseline-measured':
      return unchanged({
        ...state,
        baseline: input.baseline,
        ...(input.detectors ? { detectors: input.detectors } : {}),
      });
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
    case 'not-known':
      return notKnown(state, input.detail);
    case 'noted':
      // A new state, since only what has changed is recorded.
      return life.phase === 'ended'
        ? unchanged(state)
        : joined(unchanged({ ...state }), [note(input.kind, '', input.text)], unchanged);
    case 'judged':
      return life.phase === 'running' && life.activity.name === 'judging'
        ? end(state, { cause: 'completed', detail: 'every step is done' }, now)
        : unchanged(state);
    case 'measured':
      return unchanged({
        ...state,
        probes: input.probes,
        ...(input.series ? { series: input.series } : {}),
        ...(input.detectors ? { detectors: input.detectors } : {}),
      });
    case 'load-ended':
      return joined(loadEnded(state, input), [], (next) =>
        input.outcome.error !== undefined && life.phase === 'running'
          ? end(next, { cause: 'load-failed', detail: `step ${input.stepNumber}: ${input.outcome.error}` }, now)
          : advance(next, now),
      );
    case 'detected':
      return detected(state, input, now);
    case 'rolled-back':
      return life.phase === 'ending'
        ? joined(
            unchanged({ ...state, rollbacks: input.rollbacks }),
            input.rollbacks.map((each) => note('phase', each.host, rollbackText(each))),
            (next) => advance(next, now),
          )
        : unchanged(state);
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

function start(state: RunState, input: RunInput & { type: 'start' }, now: Instant): RunDecision {
  const { baselineMs, probes } = state.facts.experiment;
  const life = { phase: 'baseline', endsAtMs: now.bootMs + baselineMs, isWarm: probes.length === 0 } as const;
  const startedAs = input.asker ? { startedAs: input.asker } : {};
  const text = baselineMs > 0 ? `baseline for ${formatDurationMs(baselineMs)}` : 'started';
  return joined(
    {
      state: { ...state, facts: { ...state.facts, startedBy: input.by, ...startedAs }, life, gates: input.gates },
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
  const steps = groupOf(state, group);
  const waits = steps.filter((step): step is WaitStep => step.kind === 'wait');
  const waitEndsAtMs = now.bootMs + Math.max(0, ...[...waits, ...loadSteps(steps)].map((step) => step.durationMs));
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
  return joined(decision, notes, (next) =>
    joined(beginLoads(next, group, now), [], (driving) => advance(driving, now)),
  );
}

function deviated(state: RunState, detail: string): RunDecision {
  if (state.deviation !== undefined || state.life.phase !== 'running') return unchanged(state);
  return { state: { ...state, deviation: detail }, effects: [], notes: [note('probe', '', `deviated: ${detail}`)] };
}

function notKnown(state: RunState, detail: string): RunDecision {
  if (state.unknown !== undefined || state.life.phase !== 'running') return unchanged(state);
  return { state: { ...state, unknown: detail }, effects: [], notes: [note('probe', '', `not known: ${detail}`)] };
}

/** Kept in any mode, before it ends the run: what ended it is then on record with its numbers. */
function detected(state: RunState, { index, record }: RunInput & { type: 'detected' }, now: Instant): RunDecision {
  if (state.life.phase !== 'running' || !record.alarm) return unchanged(state);
  const { mode, alarm } = record;
  const detectors = (state.detectors ?? []).map((each, at) => (at === index ? record : each));
  const kept = unchanged({ ...state, detectors });
  const advice = `abort this run: ${alarm.detail}; leash abort ${state.facts.runId}`;
  switch (mode) {
    case 'shadow':
      return joined(kept, [note('probe', '', `detector in the shadow: ${alarm.detail}`)], unchanged);
    case 'advise':
      return joined(kept, [note('advice', '', advice)], unchanged);
    case 'abort': {
      const at = new Date(alarm.atUnixMs).toISOString().slice(11, 19);
      const cause: End = { cause: 'abort-rule', detail: `at ${at} detector ${alarm.detail}` };
      return joined(kept, [], (next) => end(next, cause, now));
    }
  }
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
  const { probes, steadyState } = state.facts.experiment;
  const hasProbes = probes.length > 0;
  const unseen = 'nobody looked while the coordinator was away';
  const seen = steadyState.length > 0 ? notKnown(state, unseen) : unchanged(state);
  return {
    state: { ...seen.state, placements, life: { ...life, activity: { name: 'holding', waitEndsAtMs } } },
    effects: hasProbes ? [{ type: 'watch-probes' }] : [],
    notes: [
      note('phase', '', `the coordinator was restarted; ${faults.length} faults found in force and taken up again`),
      ...seen.notes,
      ...((state.detectors ?? []).some((record) => !record.alarm)
        ? [note('probe', '', 'detectors begin anew over the baseline of before; evidence from before does not count')]
        : []),
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
