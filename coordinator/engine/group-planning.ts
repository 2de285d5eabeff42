/**
 * The plan that is made just before each group. The first one covers every step and fixes the targets of the run; a
 * later group must find its own targets unchanged, except where a step says that it chooses again.
 */

import { changedTargets, type HostPlan, targetsOf } from '../core/plan.ts';
import type { RunState } from '../core/run.ts';
import type { PlannedPlacement, RunInput } from '../core/run-decision.ts';
import { evaluateGates } from '../gates/gate.ts';
import { gateInput } from './gate-input.ts';
import { type FleetPlan, faultStepsOf, planSteps } from './planner.ts';
import type { EnginePorts, StoredPlan } from './ports.ts';
import { takeClaims } from './taking-claims.ts';

export interface PlanningContext
  extends Pick<
    EnginePorts,
    | 'fleet'
    | 'digest'
    | 'experiments'
    | 'store'
    | 'gates'
    | 'sample'
    | 'errorBudgets'
    | 'clock'
    | 'programme'
    | 'permits'
    | 'load'
  > {
  latch(): { readonly isHalted: boolean; readonly reason: string; readonly by: string };
  runs(): readonly RunState[];
  /** Why the probes say that nothing should be injected now; empty when they do not. */
  probeRefusals(run: RunState): readonly string[];
}

/** @returns what to tell the run: `planned`, or `refuse` with every reason. */
export async function planGroup(context: PlanningContext, run: RunState, group: number): Promise<RunInput> {
  const { experiment, runId } = run.facts;
  const isFirst = group === 0;
  const steps = faultStepsOf(experiment, group);
  if (steps.length === 0 && !isFirst) return { type: 'planned', placements: [], targetsDigest: '' };
  const shown = await planToKeepTo(context, run, isFirst);
  const fixed = isFirst ? new Map<number, readonly string[]>() : hostsOf(shown?.plans ?? []);
  const { scopeHosts = [] } = run.facts;
  const more = { fixed, runId, scopeHosts: isFirst ? [] : scopeHosts };
  const plan = await planSteps(context, experiment, isFirst ? faultStepsOf(experiment) : steps, more);
  const changes = shown ? changesSince(shown, plan, isFirst) : [];
  const stepGates = context.gates.filter((gate) => gate.when === 'start-and-step');
  const hosts = plan.plans.map((each) => each.host);
  const { startedAs } = run.facts;
  // Of a later group only the hosts that were chosen anew can widen the scope.
  const scopeDigest = context.experiments.scopeDigest(experiment, isFirst ? hosts : [...scopeHosts, ...hosts]);
  const asker = startedAs ? { asker: startedAs } : {};
  const input = await gateInput(context, {
    experiment,
    plan,
    scopeDigest,
    moment: 'step',
    runId,
    submitted: run.facts,
    ...asker,
  });
  const verdicts = await evaluateGates(stepGates, input);
  const reasons = [
    ...changes,
    ...verdicts.filter((verdict) => !verdict.passed).map((verdict) => `${verdict.gate}: ${verdict.message}`),
    ...(isFirst ? context.probeRefusals(run) : []),
  ];
  if (reasons.length > 0) return { type: 'refuse', reasons };
  // Hosts may have been chosen anew since the start: what they add is taken before anything is touched there.
  const taken = await takeClaims(context, input, runId);
  if (taken) return { type: 'refuse', reasons: [`${taken.gate}: ${taken.message}`] };
  await context.store.savePlan(storedPlan(run, plan));
  const numbers = steps.map((step) => step.number);
  const placements = plan.plans
    .filter((each) => numbers.includes(each.stepNumber))
    .flatMap((each) => placementOf(runId, each));
  return { type: 'planned', placements, targetsDigest: plan.targetsDigest };
}

/** The plan that this one must agree with: the one that was pinned, and later the run's own first one. */
async function planToKeepTo(
  { store }: PlanningContext,
  run: RunState,
  isFirst: boolean,
): Promise<StoredPlan | undefined> {
  const digest = isFirst ? run.facts.pinnedDigest : run.targetsDigests[1];
  return digest === undefined ? undefined : store.findPlan(digest);
}

function changesSince(shown: StoredPlan, plan: FleetPlan, isPinned: boolean): readonly string[] {
  const numbers = new Set(plan.plans.map((each) => each.stepNumber));
  const isKept = (each: HostPlan): boolean => numbers.has(each.stepNumber) && (isPinned || !each.reselect);
  const changes = changedTargets(targetsOf(shown.plans.filter(isKept)), targetsOf(plan.plans.filter(isKept)));
  const remedy = isPinned ? 'plan again' : 'reselect: true on the step chooses again';
  return changes.map((change) => `targets changed: ${change}; ${remedy}`);
}

function hostsOf(plans: readonly HostPlan[]): ReadonlyMap<number, readonly string[]> {
  const hosts = new Map<number, string[]>();
  for (const { stepNumber, host, reselect } of plans) {
    if (!reselect) hosts.set(stepNumber, [...(hosts.get(stepNumber) ?? []), host]);
  }
  return hosts;
}

export function storedPlan(run: RunState, plan: FleetPlan): StoredPlan {
  const { experiment, scopeDigest } = run.facts;
  const { targetsDigest, plans, targets } = plan;
  return { targetsDigest, scopeDigest, experiment: experiment.name, plans, targets };
}

function placementOf(runId: string, { host, stepNumber, outcome }: HostPlan): readonly PlannedPlacement[] {
  if (outcome.kind === 'failed') return [];
  const { targetsDigest, haltEpoch } = outcome;
  const targets = outcome.targets.map((target) => target.identity);
  return [{ key: `${runId}/${stepNumber}/${host}`, host, stepNumber, targets, targetsDigest, haltEpoch }];
}
