/** A plan as a document, and what it says of whether a run would start. */
import type { leash } from '../../proto/codec.ts';
import { bindingWords } from '../../proto/fault.ts';
import { type ProcessDocument, processDocument, type RefusalDocument, refusalDocument } from './process-document.ts';
import { type FactsDocument, factsDocument } from './programme-document.ts';

export interface GateDocument {
  readonly gate: string;
  readonly passed: boolean;
  readonly message: string;
  /** What would have to change; empty where it passed. */
  readonly remedies: readonly string[];
}

export interface HostPlanDocument {
  readonly host: string;
  /** From 1. */
  readonly step: number;
  readonly fault: string;
  readonly binding: string;
  readonly bindingReason: string;
  /** Chosen again just before the step. */
  readonly reselect: boolean;
  readonly targets: readonly ProcessDocument[];
  readonly protected: readonly ProcessDocument[];
  readonly matched: number;
  readonly targetsDigest: string;
  readonly haltEpoch: number;
  readonly refusals: readonly RefusalDocument[];
  /** What comes of it beside the fault itself. */
  readonly warnings: readonly string[];
  readonly error: string;
}

export interface PlanDocument {
  readonly experiment: string;
  readonly stage: string;
  readonly scopeDigest: string;
  readonly targetsDigest: string;
  /** No gate and no host would refuse, and every host could plan. */
  readonly accepted: boolean;
  readonly hosts: readonly HostPlanDocument[];
  readonly gates: readonly GateDocument[];
  readonly notes: readonly string[];
  readonly facts: FactsDocument;
}

export function planDocument(wire: leash.v1.IExperimentPlan): PlanDocument {
  const hosts = (wire.hosts ?? []).map(hostPlanDocument);
  const gates = (wire.gates ?? []).map(gateDocument);
  return {
    experiment: wire.experiment ?? '',
    stage: wire.stage ?? '',
    scopeDigest: wire.scopeDigest ?? '',
    targetsDigest: wire.targetsDigest ?? '',
    accepted: gates.every((gate) => gate.passed) && hosts.every((host) => host.refusals.length === 0 && !host.error),
    hosts,
    gates,
    notes: wire.notes ?? [],
    facts: factsDocument(wire.facts),
  };
}

export function gateDocument(wire: leash.v1.IGateVerdict): GateDocument {
  const { gate, passed, message, remedies } = wire;
  return { gate: gate ?? '', passed: passed ?? false, message: message ?? '', remedies: remedies ?? [] };
}

function hostPlanDocument(wire: leash.v1.IHostPlan): HostPlanDocument {
  const plan = wire.plan;
  return {
    host: wire.host ?? '',
    step: wire.step ?? 0,
    fault: wire.fault ?? '',
    binding: plan?.binding ? bindingWords.fromWire(plan.binding, 'plan.binding') : '',
    bindingReason: plan?.bindingReason ?? '',
    reselect: wire.reselect ?? false,
    targets: (plan?.targets ?? []).map(processDocument),
    protected: (plan?.protected ?? []).map(processDocument),
    matched: plan?.matched ?? 0,
    targetsDigest: plan?.targetsDigest ?? '',
    haltEpoch: plan?.haltEpoch ?? 0,
    refusals: (plan?.refusals ?? []).map(refusalDocument),
    warnings: plan?.warnings ?? [],
    error: wire.error ?? '',
  };
}
