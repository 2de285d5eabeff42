/** Runs, plans and hosts in their wire form. */
import { leash } from '../../proto/codec.ts';
import { receiptToWire } from '../../proto/fault.ts';
import { durabilityToWire } from '../../proto/latch-durability.ts';
import { jsonToStruct } from '../../proto/struct.ts';
import { drillPassed } from '../core/drill-result.ts';
import type { FaultStep } from '../core/experiment.ts';
import type { GateVerdict } from '../core/gate-verdict.ts';
import type { QueuedRun } from '../core/queueing.ts';
import type { Placement, RunPhase, RunResult, RunState } from '../core/run.ts';
import type { PlannedExperiment, RunView } from '../engine/engine-api.ts';
import type { HostHalt, HostRearm } from '../engine/halting.ts';
import { faultStepsOf } from '../engine/planner.ts';
import type { RunEvent } from '../engine/ports.ts';
import {
  detectorToWire,
  factsToWire,
  learningToWire,
  loadToWire,
  rollbackToWire,
  seriesToWire,
} from './programme-wire.ts';

const v1 = leash.v1;

const phases: Readonly<Record<RunPhase, leash.v1.RunPhase>> = {
  submitted: v1.RunPhase.RUN_PHASE_SUBMITTED,
  baseline: v1.RunPhase.RUN_PHASE_BASELINE,
  running: v1.RunPhase.RUN_PHASE_RUNNING,
  ending: v1.RunPhase.RUN_PHASE_ENDING,
  ended: v1.RunPhase.RUN_PHASE_ENDED,
  queued: v1.RunPhase.RUN_PHASE_QUEUED,
};

const results: Readonly<Record<RunResult, leash.v1.RunResult>> = {
  held: v1.RunResult.RUN_RESULT_HELD,
  deviated: v1.RunResult.RUN_RESULT_DEVIATED,
  unknown: v1.RunResult.RUN_RESULT_UNKNOWN,
  refused: v1.RunResult.RUN_RESULT_REFUSED,
  aborted: v1.RunResult.RUN_RESULT_ABORTED,
  unresolved: v1.RunResult.RUN_RESULT_UNRESOLVED,
  'not-judged': v1.RunResult.RUN_RESULT_NOT_JUDGED,
};

export function runToWire(run: RunState, events: readonly RunEvent[] = []): leash.v1.IRun {
  const { facts, life } = run;
  const { experiment } = facts;
  const isEnding = life.phase === 'ending' || life.phase === 'ended';
  return {
    runId: facts.runId,
    experiment: experiment.name,
    owner: experiment.owner,
    submittedBy: facts.submittedBy,
    stage: experiment.stage,
    phase: phases[life.phase],
    ...(life.phase === 'ended' ? { result: results[life.result], endedAtUnixMs: Math.round(life.endedAtUnixMs) } : {}),
    cause: isEnding ? `${life.end.cause}: ${life.end.detail}` : '',
    scopeDigest: facts.scopeDigest,
    targetsDigests: [...run.targetsDigests],
    submittedAtUnixMs: facts.submittedAtUnixMs,
    faults: run.placements.map((placement) => runFaultToWire(run, placement)),
    gates: run.gates.map(verdictToWire),
    probes: run.probes.map((probe) => ({ ...probe })),
    events: events.map(eventToWire),
    hypothesis: experiment.hypothesis,
    drillRule: facts.drill?.rule.text ?? '',
    drillPassed: drillPassed(run),
    facts: factsToWire(experiment, facts.contentDigest ?? ''),
    startedBy: facts.startedBy ?? '',
    deviation: run.deviation ?? '',
    unknown: run.unknown ?? '',
    rollbacks: (run.rollbacks ?? []).map(rollbackToWire),
    loads: (run.loads ?? []).map((load) => loadToWire(experiment, load)),
    ...(life.phase === 'queued' ? { queue: queueToWire(life) } : {}),
  };
}

function queueToWire({ place, why, expiresAtUnixMs }: QueuedRun['life']): leash.v1.IQueuePlace {
  return { place, why, expiresAtUnixMs: Math.round(expiresAtUnixMs) };
}

export function viewToWire({ run, events, learnings, traceLinks }: RunView): leash.v1.IRun {
  return {
    ...runToWire(run, events),
    series: seriesToWire(run.series ?? []),
    detectors: (run.detectors ?? []).map(detectorToWire),
    learnings: learnings.map(learningToWire),
    traceLinks: [...traceLinks],
  };
}

export function eventToWire({ runId, sequence, atUnixMs, kind, host, text }: RunEvent): leash.v1.IRunEvent {
  return { runId, sequence, atUnixMs, kind, host, text };
}

export function planToWire({
  experiment,
  scopeDigest,
  plan,
  gates,
  input,
}: PlannedExperiment): leash.v1.IExperimentPlan {
  return {
    experiment: experiment.name,
    stage: experiment.stage,
    scopeDigest,
    targetsDigest: plan.targetsDigest,
    hosts: plan.plans.map(({ host, stepNumber, fault, reselect, outcome }, index) => {
      const reply = plan.replies[index];
      return {
        host,
        step: stepNumber,
        fault,
        reselect,
        ...(reply ? { plan: reply } : {}),
        ...(outcome.kind === 'failed' ? { error: outcome.error } : {}),
      };
    }),
    gates: gates.map(verdictToWire),
    notes: [...plan.notes],
    facts: factsToWire(experiment, input.programme.contentDigest),
  };
}

function verdictToWire({ remedies = [], ...verdict }: GateVerdict): leash.v1.IGateVerdict {
  return { ...verdict, remedies: [...remedies] };
}

export function hostHaltToWire({ host, answer, error, lastLeaseEndsAtUnixMs }: HostHalt): leash.v1.IHostHalt {
  return {
    host,
    latched: answer !== undefined,
    ...(answer
      ? {
          ...durabilityToWire(answer.durability),
          epoch: answer.epoch,
          latchedMs: answer.latchedMs,
          restoredMs: answer.restoredMs ?? 0,
          receipts: answer.receipts.map(receiptToWire),
        }
      : {}),
    ...(error === undefined ? {} : { error }),
    ...(lastLeaseEndsAtUnixMs === undefined ? {} : { lastLeaseEndsAtUnixMs }),
  };
}

export function hostRearmToWire({ host, isRearmed, epoch, error }: HostRearm): leash.v1.IHostRearm {
  return { host, rearmed: isRearmed, epoch, ...(error === undefined ? {} : { error }) };
}

function runFaultToWire(run: RunState, placement: Placement): leash.v1.IRunFault {
  const step = faultStepsOf(run.facts.experiment).find((each) => each.number === placement.stepNumber);
  const error = errorOf(placement);
  return {
    host: placement.host,
    step: placement.stepNumber,
    idempotencyKey: placement.key,
    ...(step ? { fault: faultToWire(run, placement, step) } : {}),
    ...(error === undefined ? {} : { error }),
  };
}

function faultToWire(run: RunState, placement: Placement, step: FaultStep): leash.v1.IFault {
  const { life } = placement;
  const receipt = 'receipt' in life ? life.receipt : undefined;
  return {
    faultId: 'faultId' in life ? life.faultId : (receipt?.faultId ?? ''),
    idempotencyKey: placement.key,
    runId: run.facts.runId,
    experiment: run.facts.experiment.name,
    spec: { kind: step.fault, parameters: jsonToStruct(step.parameters) },
    phase: phaseOf(placement),
    targets: [...placement.targets],
    targetsDigest: placement.targetsDigest,
    seen: life.phase === 'active' ? life.seen : '',
    ...(receipt ? { receipt: receiptToWire(receipt) } : {}),
  };
}

function phaseOf({ life }: Placement): leash.v1.Phase {
  switch (life.phase) {
    case 'ordered':
      return v1.Phase.PHASE_BINDING;
    case 'active':
      return v1.Phase.PHASE_ACTIVE;
    case 'unknown':
    case 'unconfirmed':
    case 'abandoned':
      return v1.Phase.PHASE_UNRESOLVED;
    case 'ended':
      return v1.Phase.PHASE_ENDED;
    case 'never':
      return v1.Phase.PHASE_UNSPECIFIED;
  }
}

function errorOf({ life }: Placement): string | undefined {
  switch (life.phase) {
    case 'unknown':
    case 'never':
    case 'abandoned':
      return life.detail;
    case 'unconfirmed':
      return 'the host has not confirmed that it is restored';
    case 'ordered':
    case 'active':
    case 'ended':
      return undefined;
  }
}
