/** What the gates look at, taken from the fleet as it is now. */
import type { Experiment } from '../core/experiment.ts';
import type { RunState } from '../core/run.ts';
import type { GateHost, GateInput } from '../gates/gate.ts';
import type { FleetHost } from './fleet-port.ts';
import type { FleetPlan } from './planner.ts';
import type { EnginePorts } from './ports.ts';

export interface GateContext extends Pick<EnginePorts, 'fleet' | 'sample' | 'store' | 'errorBudgets'> {
  latch(): GateInput['latch'];
  runs(): readonly RunState[];
}

const pastRunsMax = 1000;

export function gateInput(context: GateContext, experiment: Experiment, plan: FleetPlan, runId?: string): GateInput {
  const fleet = context.fleet.hosts();
  const names = [...new Set(plan.plans.map((each) => each.host))];
  return {
    experiment,
    ...(runId === undefined ? {} : { runId }),
    hosts: names.flatMap((name) => fleet.filter((host) => host.name === name).map(gateHost)),
    fleetSize: fleet.length,
    plans: plan.plans,
    selectionProblems: plan.problems,
    latch: context.latch(),
    runs: context.runs(),
    pastRuns: () => context.store.listRuns(pastRunsMax),
    ...(context.errorBudgets ? { errorBudgets: context.errorBudgets } : {}),
    ask: context.sample,
  };
}

function gateHost({ name, isConnected, labels, description, error }: FleetHost): GateHost {
  return {
    name,
    isConnected,
    labels,
    ...(description ? { stage: description.stage } : {}),
    isHalted: description?.isHalted ?? false,
    haltReason: description?.haltReason ?? '',
    ...(error === undefined ? {} : { error }),
  };
}
