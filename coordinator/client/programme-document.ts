/** What a programme keeps beside its runs, as documents. */
import type { leash } from '../../proto/codec.ts';
import { actionText, outcomeFromWire } from '../../proto/rollback-action.ts';

/** What the file says, in words. */
export interface FactsDocument {
  readonly goal: string;
  readonly runbook: string;
  readonly tier: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly dependsOn: readonly string[];
  readonly blastRadius: readonly string[];
  readonly steps: readonly string[];
  readonly abortRules: readonly string[];
  readonly steadyState: readonly string[];
  readonly rollback: readonly string[];
  readonly contentDigest: string;
  /** Each detector in words. */
  readonly detectors: readonly string[];
}

export interface SeriesDocument {
  readonly probe: string;
  readonly value: string;
  readonly points: readonly (readonly [atUnixMs: number, value: number])[];
}

/** What a detector saw, and what it said. */
export interface DetectorDocument {
  readonly probe: string;
  readonly value: string;
  /** "z-score", "cusum", "sequential" */
  readonly method: string;
  /** "shadow", "advise", "abort" */
  readonly mode: string;
  readonly observations: number;
  /** Of these, how many had no value. */
  readonly missing: number;
  readonly baselineObservations: number;
  /** Why it could not say anything; empty where it could. */
  readonly blind: string;
  /** Null where it did not alarm. */
  readonly alarm: { readonly atUnixMs: number; readonly observation: number } | null;
  /** The alarm with its numbers, or the newest observation. */
  readonly because: string;
  readonly threshold: number;
  /** The statistic over time. */
  readonly points: SeriesDocument['points'];
  /** How often it was started anew with the coordinator. */
  readonly restarts: number;
}

export interface LearningDocument {
  readonly atUnixMs: number;
  readonly by: string;
  readonly findings: readonly string[];
  readonly actions: readonly { readonly text: string; readonly owner: string }[];
}

export interface RollbackDocument {
  readonly host: string;
  readonly actions: readonly {
    readonly action: string;
    readonly done: boolean;
    readonly seen: string;
    readonly tookMs: number;
  }[];
  readonly error: string;
}

export interface PromotionDocument {
  readonly accepted: boolean;
  readonly experiment: string;
  readonly contentDigest: string;
  readonly from: string;
  readonly to: string;
  /** Null where there is none; so with the next two. */
  readonly passedRunId: string | null;
  readonly passedAtUnixMs: number | null;
  readonly rehearsalId: string | null;
  readonly reasons: readonly string[];
  readonly remedies: readonly string[];
}

export interface RehearsalDocument {
  readonly rehearsalId: string;
  readonly experiment: string;
  readonly stage: string;
  readonly passed: boolean;
  readonly hosts: readonly RollbackDocument[];
}

export function factsDocument(wire: leash.v1.IExperimentFacts | null | undefined): FactsDocument {
  return {
    goal: wire?.goal ?? '',
    runbook: wire?.runbook ?? '',
    tier: wire?.tier ?? '',
    labels: { ...wire?.labels },
    dependsOn: wire?.dependsOn ?? [],
    blastRadius: wire?.blastRadius ?? [],
    steps: wire?.steps ?? [],
    abortRules: wire?.abortRules ?? [],
    steadyState: wire?.steadyState ?? [],
    rollback: wire?.rollback ?? [],
    contentDigest: wire?.contentDigest ?? '',
    detectors: wire?.detectors ?? [],
  };
}

export function seriesDocument(wire: leash.v1.IMetricSeries): SeriesDocument {
  const values = wire.values ?? [];
  const points = (wire.atUnixMs ?? []).map((at, index) => [at, values[index] ?? Number.NaN] as const);
  return {
    probe: wire.probe ?? '',
    value: wire.value ?? '',
    points: points.filter(([at, value]) => Number.isFinite(at) && Number.isFinite(value)),
  };
}

export function detectorDocument(wire: leash.v1.IDetectorRecord): DetectorDocument {
  const { probe, value, atUnixMs, statistics } = wire;
  const { points } = seriesDocument({ atUnixMs: atUnixMs ?? [], values: statistics ?? [] });
  return {
    probe: probe ?? '',
    value: value ?? '',
    method: wire.method ?? '',
    mode: wire.mode ?? '',
    observations: wire.observations ?? 0,
    missing: wire.missing ?? 0,
    baselineObservations: wire.baselineObservations ?? 0,
    blind: wire.blind ?? '',
    alarm: wire.alarmed ? { atUnixMs: wire.alarmedAtUnixMs ?? 0, observation: wire.alarmObservation ?? 0 } : null,
    because: wire.because ?? '',
    threshold: wire.threshold ?? 0,
    points,
    restarts: wire.restarts ?? 0,
  };
}

export function learningDocument(wire: leash.v1.ILearning): LearningDocument {
  return {
    atUnixMs: wire.atUnixMs ?? 0,
    by: wire.by ?? '',
    findings: wire.findings ?? [],
    actions: (wire.actions ?? []).map(({ text, owner }) => ({ text: text ?? '', owner: owner ?? '' })),
  };
}

export function rollbackDocument(wire: leash.v1.IHostRollback): RollbackDocument {
  return {
    host: wire.host ?? '',
    actions: (wire.outcomes ?? []).map((outcome, index) => {
      const { action, isDone, seen, tookMs } = outcomeFromWire(outcome, `outcomes[${index}]`);
      return { action: actionText(action), done: isDone, seen, tookMs };
    }),
    error: wire.error ?? '',
  };
}

export function promotionDocument(wire: leash.v1.IPromoteReply): PromotionDocument {
  return {
    accepted: wire.accepted ?? false,
    experiment: wire.experiment ?? '',
    contentDigest: wire.contentDigest ?? '',
    from: wire.from ?? '',
    to: wire.to ?? '',
    passedRunId: wire.passedRunId || null,
    passedAtUnixMs: wire.passedAtUnixMs || null,
    rehearsalId: wire.rehearsalId || null,
    reasons: wire.reasons ?? [],
    remedies: wire.remedies ?? [],
  };
}

export function rehearsalDocument(wire: leash.v1.IRehearseReply): RehearsalDocument {
  return {
    rehearsalId: wire.rehearsalId ?? '',
    experiment: wire.experiment ?? '',
    stage: wire.stage ?? '',
    passed: wire.passed ?? false,
    hosts: (wire.hosts ?? []).map(rollbackDocument),
  };
}

/** Traffic that a run drove. */
export interface LoadDocument {
  readonly step: number;
  readonly what: string;
  /** False while it goes on; then the counts are 0. */
  readonly over: boolean;
  readonly requests: number;
  readonly errors: number;
  /** Due while every connection was busy. */
  readonly notSent: number;
  readonly tookMs: number;
  /** From the instant at which a request was due; null where none was answered. */
  readonly latency: {
    readonly p50Ms: number;
    readonly p95Ms: number;
    readonly p99Ms: number;
    readonly maxMs: number;
  } | null;
  readonly error: string;
}

export function loadDocument(wire: leash.v1.IRunLoad): LoadDocument {
  const p50Ms = wire.latencyP50Ms ?? 0;
  const [p95Ms, p99Ms, maxMs] = [wire.latencyP95Ms ?? 0, wire.latencyP99Ms ?? 0, wire.latencyMaxMs ?? 0];
  return {
    step: wire.step ?? 0,
    what: wire.what ?? '',
    over: wire.over ?? false,
    requests: wire.requests ?? 0,
    errors: wire.errors ?? 0,
    notSent: wire.notSent ?? 0,
    tookMs: wire.tookMs ?? 0,
    latency: maxMs > 0 ? { p50Ms, p95Ms, p99Ms, maxMs } : null,
    error: wire.error ?? '',
  };
}
