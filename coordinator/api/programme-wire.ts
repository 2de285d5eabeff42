/** What a programme keeps beside its runs, in its wire form. */
import type { leash } from '../../proto/codec.ts';
import { outcomeToWire } from '../../proto/rollback-action.ts';
import type { DetectorRecord } from '../core/detector-record.ts';
import type { Experiment } from '../core/experiment.ts';
import { experimentText } from '../core/experiment-text.ts';
import type { HostRollback } from '../core/host-rollback.ts';
import type { Learning } from '../core/learning.ts';
import { loadSteps, loadText } from '../core/load.ts';
import type { RunLoad } from '../core/load-outcome.ts';
import type { ProbeSeries } from '../core/probe-series.ts';
import type { PromotionAnswer } from '../engine/promoting.ts';
import type { RehearsalAnswer } from '../engine/rehearsing.ts';

export function factsToWire(experiment: Experiment, contentDigest: string): leash.v1.IExperimentFacts {
  const { goal, runbook, tier = '', labels, dependsOn } = experiment;
  const { blastRadius, steps, abortRules, steadyState, rollback, detectors } = experimentText(experiment);
  return {
    goal,
    runbook,
    tier,
    labels: { ...labels },
    dependsOn: [...dependsOn],
    blastRadius: [...blastRadius],
    steps: [...steps],
    abortRules: [...abortRules],
    steadyState: [...steadyState],
    rollback: [...rollback],
    contentDigest,
    detectors: [...detectors],
  };
}

export function seriesToWire(series: readonly ProbeSeries[]): leash.v1.IMetricSeries[] {
  return series.map(({ probe, value, points }) => ({
    probe,
    value,
    atUnixMs: points.map(([atUnixMs]) => atUnixMs),
    values: points.map(([, each]) => each),
  }));
}

export function detectorToWire(record: DetectorRecord): leash.v1.IDetectorRecord {
  const { probe, value, method, mode, observations, missing, baseline, blind = '', alarm, points, restarts } = record;
  return {
    probe,
    value,
    method,
    mode,
    observations,
    missing,
    baselineObservations: baseline.length,
    blind,
    alarmed: alarm !== undefined,
    alarmedAtUnixMs: alarm?.atUnixMs ?? 0,
    alarmObservation: alarm?.observation ?? 0,
    because: alarm?.detail ?? record.because,
    threshold: record.threshold ?? 0,
    atUnixMs: points.map(([atUnixMs]) => atUnixMs),
    statistics: points.map(([, statistic]) => statistic),
    restarts,
  };
}

export function learningToWire({ atUnixMs, by, findings, actions }: Learning): leash.v1.ILearning {
  return { atUnixMs, by, findings: [...findings], actions: actions.map((action) => ({ ...action })) };
}

export function loadToWire({ method }: Experiment, { stepNumber, outcome }: RunLoad): leash.v1.IRunLoad {
  const step = method.flatMap((group) => loadSteps(group.steps)).find((each) => each.number === stepNumber);
  const head = { step: stepNumber, what: step ? loadText(step) : '', over: outcome !== undefined };
  if (!outcome) return head;
  const { requests, errors, notSent, tookMs, latency, error = '' } = outcome;
  return {
    ...head,
    requests,
    errors,
    notSent,
    tookMs,
    latencyP50Ms: latency?.p50Ms ?? 0,
    latencyP95Ms: latency?.p95Ms ?? 0,
    latencyP99Ms: latency?.p99Ms ?? 0,
    latencyMaxMs: latency?.maxMs ?? 0,
    error,
  };
}

export function rollbackToWire({ host, outcomes, error }: HostRollback): leash.v1.IHostRollback {
  return { host, outcomes: outcomes.map(outcomeToWire), ...(error === undefined ? {} : { error }) };
}

export function promotionToWire(answer: PromotionAnswer): leash.v1.IPromoteReply {
  const { experiment, contentDigest, from = '', to, pass, rehearsal, reasons, remedies } = answer;
  return {
    accepted: reasons.length === 0,
    experiment,
    contentDigest,
    from,
    to,
    passedRunId: pass?.runId ?? '',
    passedAtUnixMs: pass?.endedAtUnixMs ?? 0,
    rehearsalId: rehearsal?.rehearsalId ?? '',
    reasons: [...reasons],
    remedies: [...remedies],
  };
}

export function rehearsalToWire({ hosts, isPassed, ...rest }: RehearsalAnswer): leash.v1.IRehearseReply {
  return { ...rest, passed: isPassed, hosts: hosts.map(rollbackToWire) };
}
