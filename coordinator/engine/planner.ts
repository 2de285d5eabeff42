/** Plans over the fleet: chooses hosts, asks each of them, and takes the digest of what they would touch. */
import type { leash } from '../../proto/codec.ts';
import type { Experiment, FaultStep } from '../core/experiment.ts';
import { selectHosts } from '../core/host-selection.ts';
import { canonicalFleetTargets, type FleetTarget, type HostPlan, targetsOf } from '../core/plan.ts';
import type { PlanFor } from './fleet-port.ts';
import type { EnginePorts } from './ports.ts';

export interface FleetPlan {
  readonly plans: readonly HostPlan[];
  /** The host's own reply to each of `plans`, where it answered. */
  readonly replies: readonly (leash.v1.IPlanReply | undefined)[];
  readonly targets: readonly FleetTarget[];
  readonly targetsDigest: string;
  /** Why no hosts could be chosen. */
  readonly problems: readonly string[];
  readonly notes: readonly string[];
}

export function faultStepsOf(experiment: Experiment, group?: number): readonly FaultStep[] {
  const groups = group === undefined ? experiment.method : experiment.method.slice(group, group + 1);
  return groups.flatMap(({ steps }) => steps).filter((step): step is FaultStep => step.kind === 'fault');
}

export interface PlanOptions {
  /** The hosts of steps that are not to be chosen again, by step number. */
  readonly fixed?: ReadonlyMap<number, readonly string[]>;
  readonly runId?: string;
  /** Hosts that are in the scope beside those that these steps choose. */
  readonly scopeHosts?: readonly string[];
}

export async function planSteps(
  { fleet, digest, permits }: Pick<EnginePorts, 'fleet' | 'digest' | 'permits'>,
  experiment: Experiment,
  steps: readonly FaultStep[],
  { fixed = new Map(), runId, scopeHosts = [] }: PlanOptions = {},
): Promise<FleetPlan> {
  const problems = new Set<string>();
  const notes = new Set<string>();
  const wanted: { step: FaultStep; host: string }[] = [];
  for (const step of steps) {
    const selection = selectHosts(fleet.hosts(), step.targets.hosts, seedOf(experiment, step));
    const chosen = fixed.get(step.number) ?? (selection.kind === 'chosen' ? selection.hosts : undefined);
    if (!chosen) {
      if (selection.kind === 'none') problems.add(selection.message);
      continue;
    }
    for (const host of chosen) wanted.push({ step, host });
    const leftOut = selection.kind === 'chosen' ? selection.leftOut : [];
    for (const host of leftOut) notes.add(`${host} matches and is not connected; it was left out of the choice`);
  }
  const hosts = [...new Set([...scopeHosts, ...wanted.map(({ host }) => host)])];
  const intent = permits ? await permits.proofFor(experiment, hosts, runId) : undefined;
  const more = { ...(runId === undefined ? {} : { runId }), ...(intent ? { intent } : {}) };
  const answers = await Promise.all(wanted.map(({ step, host }) => ask(fleet, step, host, experiment.stage, more)));
  const plans = answers.map((answer) => answer.plan);
  const targets = targetsOf(plans);
  return {
    plans,
    replies: answers.map((answer) => answer.reply),
    targets,
    targetsDigest: digest(canonicalFleetTargets(targets)),
    problems: [...problems],
    notes: [...notes],
  };
}

async function ask(
  fleet: EnginePorts['fleet'],
  step: FaultStep,
  host: string,
  stage: string,
  more: PlanFor,
): Promise<{ plan: HostPlan; reply: leash.v1.IPlanReply | undefined }> {
  const head = { host, stepNumber: step.number, fault: step.fault, reselect: step.reselect };
  try {
    const { wire, ...outcome } = await fleet.plan(host, step, stage, more);
    return { plan: { ...head, outcome }, reply: wire };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { plan: { ...head, outcome: { kind: 'failed', error: message } }, reply: undefined };
  }
}

/** Plan and run choose the same hosts; a changed experiment chooses anew. */
function seedOf(experiment: Experiment, step: FaultStep): string {
  const { choice } = (step.targets.processes ?? experiment.targets.processes) || {};
  return choice && 'seed' in choice ? `${experiment.name}\n${choice.seed}` : experiment.name;
}
