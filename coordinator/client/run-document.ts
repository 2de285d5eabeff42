/** A run as a document: what happened on each host, what was seen afterwards, and what it means. */
import type { leash } from '../../proto/codec.ts';
import { phaseWords, type Receipt, receiptFromWire } from '../../proto/fault.ts';
import { type GateDocument, gateDocument } from './plan-document.ts';
import { type IdentityDocument, identityDocument } from './process-document.ts';
import {
  type DetectorDocument,
  detectorDocument,
  type FactsDocument,
  factsDocument,
  type LearningDocument,
  type LoadDocument,
  learningDocument,
  loadDocument,
  type RollbackDocument,
  rollbackDocument,
  type SeriesDocument,
  seriesDocument,
} from './programme-document.ts';

export const runPhases = ['submitted', 'baseline', 'running', 'ending', 'ended', 'queued'] as const;
export const runResults = ['held', 'deviated', 'refused', 'aborted', 'unresolved', 'not-judged', 'unknown'] as const;
export type RunPhaseWord = (typeof runPhases)[number];
export type RunResultWord = (typeof runResults)[number];

export interface RunFaultDocument {
  readonly host: string;
  readonly step: number;
  readonly kind: string;
  /** Empty when the host never accepted it. */
  readonly faultId: string;
  readonly phase: string;
  readonly targets: readonly IdentityDocument[];
  readonly seen: string;
  readonly receipt: Receipt | null;
  readonly error: string;
}

export interface RunEventDocument {
  readonly runId: string;
  readonly sequence: number;
  readonly atUnixMs: number;
  readonly kind: string;
  readonly host: string;
  readonly text: string;
}

export interface ProbeDocument {
  readonly probe: string;
  readonly value: string;
  /** Null where none was taken; so with the next three. */
  readonly baseline: number | null;
  readonly duringMin: number | null;
  readonly duringMax: number | null;
  readonly after: number | null;
  readonly samples: number;
}

export interface RunDocument {
  readonly runId: string;
  readonly experiment: string;
  readonly owner: string;
  readonly submittedBy: string;
  readonly stage: string;
  readonly hypothesis: string;
  readonly phase: RunPhaseWord;
  /** Null until it ended. */
  readonly result: RunResultWord | null;
  /** The first cause of the end. */
  readonly cause: string;
  readonly scopeDigest: string;
  readonly targetsDigests: readonly string[];
  readonly submittedAtUnixMs: number;
  readonly endedAtUnixMs: number | null;
  readonly faults: readonly RunFaultDocument[];
  readonly gates: readonly GateDocument[];
  readonly probes: readonly ProbeDocument[];
  readonly events: readonly RunEventDocument[];
  /** Of a drill: the abort rule that it is about; empty for any other run. */
  readonly drillRule: string;
  readonly drillPassed: boolean;
  readonly facts: FactsDocument;
  /** Empty before it was started. */
  readonly startedBy: string;
  /** The first time that the steady state did not hold; empty when it always did. */
  readonly deviation: string;
  /** The first time that the steady state could not be judged; empty when it always could. */
  readonly unknown: string;
  readonly series: readonly SeriesDocument[];
  readonly learnings: readonly LearningDocument[];
  readonly loads: readonly LoadDocument[];
  readonly rollbacks: readonly RollbackDocument[];
  readonly traceLinks: readonly string[];
  /** Null unless it waits for its turn. */
  readonly queue: { readonly place: number; readonly why: string; readonly expiresAtUnixMs: number } | null;
  /** One for each detector of the file, in its order; none before the baseline was measured. */
  readonly detectors: readonly DetectorDocument[];
}

export function runDocument(wire: leash.v1.IRun): RunDocument {
  return {
    runId: wire.runId ?? '',
    experiment: wire.experiment ?? '',
    owner: wire.owner ?? '',
    submittedBy: wire.submittedBy ?? '',
    stage: wire.stage ?? '',
    hypothesis: wire.hypothesis ?? '',
    phase: runPhases[(wire.phase ?? 0) - 1] ?? 'submitted',
    result: runResults[(wire.result ?? 0) - 1] ?? null,
    cause: wire.cause ?? '',
    scopeDigest: wire.scopeDigest ?? '',
    targetsDigests: wire.targetsDigests ?? [],
    submittedAtUnixMs: wire.submittedAtUnixMs ?? 0,
    endedAtUnixMs: wire.endedAtUnixMs || null,
    faults: (wire.faults ?? []).map(runFaultDocument),
    gates: (wire.gates ?? []).map(gateDocument),
    probes: (wire.probes ?? []).map(probeDocument),
    events: (wire.events ?? []).map(runEventDocument),
    drillRule: wire.drillRule ?? '',
    drillPassed: wire.drillPassed ?? false,
    facts: factsDocument(wire.facts),
    startedBy: wire.startedBy ?? '',
    deviation: wire.deviation ?? '',
    unknown: wire.unknown ?? '',
    series: (wire.series ?? []).map(seriesDocument),
    learnings: (wire.learnings ?? []).map(learningDocument),
    loads: (wire.loads ?? []).map(loadDocument),
    rollbacks: (wire.rollbacks ?? []).map(rollbackDocument),
    traceLinks: wire.traceLinks ?? [],
    queue: wire.queue ? queueDocument(wire.queue) : null,
    detectors: (wire.detectors ?? []).map(detectorDocument),
  };
}

function queueDocument({ place, why, expiresAtUnixMs }: leash.v1.IQueuePlace): NonNullable<RunDocument['queue']> {
  return { place: place ?? 0, why: why ?? '', expiresAtUnixMs: expiresAtUnixMs ?? 0 };
}

export function runEventDocument(wire: leash.v1.IRunEvent): RunEventDocument {
  return {
    runId: wire.runId ?? '',
    sequence: wire.sequence ?? 0,
    atUnixMs: wire.atUnixMs ?? 0,
    kind: wire.kind ?? '',
    host: wire.host ?? '',
    text: wire.text ?? '',
  };
}

/** Something of this run is not confirmed to be restored, whatever else its result says. */
export function isUnresolved(run: RunDocument): boolean {
  return (
    run.result === 'unresolved' ||
    run.faults.some((fault) => fault.phase === 'unresolved' || (fault.receipt !== null && !fault.receipt.confirmed))
  );
}

function runFaultDocument(wire: leash.v1.IRunFault): RunFaultDocument {
  const fault = wire.fault;
  return {
    host: wire.host ?? '',
    step: wire.step ?? 0,
    kind: fault?.spec?.kind ?? '',
    faultId: fault?.faultId ?? '',
    phase: fault?.phase ? phaseWords.fromWire(fault.phase, 'fault.phase') : '',
    targets: (fault?.targets ?? []).map(identityDocument),
    seen: fault?.seen ?? '',
    receipt: fault?.receipt ? receiptFromWire(fault.receipt) : null,
    error: wire.error ?? '',
  };
}

function probeDocument(wire: leash.v1.IProbeSummary): ProbeDocument {
  return {
    probe: wire.probe ?? '',
    value: wire.value ?? '',
    baseline: finite(wire.baseline),
    duringMin: finite(wire.duringMin),
    duringMax: finite(wire.duringMax),
    after: finite(wire.after),
    samples: wire.samples ?? 0,
  };
}

function finite(value: number | null | undefined): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}
