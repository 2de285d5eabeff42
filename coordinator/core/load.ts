/** Traffic that a run drives, and what became of it. */
import { formatDurationMs } from '../../proto/quantity.ts';
import type { LoadStep } from './experiment.ts';
import { type LoadOutcome, nothingDriven, type RunLoad } from './load-outcome.ts';
import type { RunState } from './run.ts';
import type { Instant, RunDecision, RunInput } from './run-decision.ts';
import { groupOf, joined, note, unchanged } from './run-parts.ts';

/** "50 requests/s to http://…, over at most 10 connections" */
export function loadText({ url, traffic, connectionsMax }: LoadStep): string {
  const speed = traffic.kind === 'replay' && traffic.speed !== 1 ? ` at ${traffic.speed} times its speed` : '';
  const what = traffic.kind === 'steady' ? `${traffic.requestsPerSecond} requests/s` : `the log ${traffic.log}${speed}`;
  return `${what} to ${url}, over at most ${connectionsMax} connections`;
}

/** "1500 requests in 30s, 12 errors, 0 not sent, p95 31 ms" */
export function outcomeText({ requests, errors, notSent, tookMs, latency, error }: LoadOutcome): string {
  const counts = `${requests} requests in ${formatDurationMs(tookMs)}, ${errors} errors, ${notSent} not sent`;
  const shown = latency ? [`p95 ${latency.p95Ms} ms`] : [];
  return [counts, ...shown, ...(error === undefined ? [] : [error])].join(', ');
}

export function loadSteps(steps: RunState['facts']['experiment']['method'][number]['steps']): readonly LoadStep[] {
  return steps.filter((step): step is LoadStep => step.kind === 'load');
}

export function hasOpenLoad({ loads = [] }: RunState): boolean {
  return loads.some(({ outcome }) => outcome === undefined);
}

/** The loads of a group begin with its faults. */
export function beginLoads(state: RunState, group: number, now: Instant): RunDecision {
  const steps = loadSteps(groupOf(state, group));
  if (steps.length === 0) return unchanged(state);
  const begun = steps.map((step): RunLoad => ({ stepNumber: step.number, startedAtUnixMs: now.unixMs }));
  return {
    state: { ...state, loads: [...(state.loads ?? []), ...begun] },
    effects: steps.map((step) => ({ type: 'drive-load', step })),
    notes: steps.map((step) => note('step', '', `step ${step.number}: load, ${loadText(step)}`)),
  };
}

/** @returns the state with what came of it, and nothing decided yet. */
export function loadEnded(state: RunState, { stepNumber, outcome }: RunInput & { type: 'load-ended' }): RunDecision {
  const loads = state.loads ?? [];
  if (!loads.some((load) => load.stepNumber === stepNumber && load.outcome === undefined)) return unchanged(state);
  const next = loads.map((load) => (load.stepNumber === stepNumber ? { ...load, outcome } : load));
  const text = `step ${stepNumber}: load over, ${outcomeText(outcome)}`;
  return joined(unchanged({ ...state, loads: next }), [note('step', '', text)], unchanged);
}

/** The programs that drove it ended with the coordinator. */
export function loadsAfterRestart(run: RunState): RunState {
  if (!run.loads) return run;
  const lost = { ...nothingDriven, error: 'it ended with the coordinator, and what it had seen is lost' };
  return { ...run, loads: run.loads.map((load) => (load.outcome ? load : { ...load, outcome: lost })) };
}
