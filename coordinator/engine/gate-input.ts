/** What the gates look at, taken from the fleet as it is now. */
import type { Experiment } from '../core/experiment.ts';
import type { RunState } from '../core/run.ts';
import type { GateHost, GateInput, ProgrammeView } from '../gates/gate.ts';
import type { FleetHost } from './fleet-port.ts';
import type { FleetPlan } from './planner.ts';
import type { EnginePorts } from './ports.ts';
import { withoutProgramme } from './programme-port.ts';

export interface GateContext
  extends Pick<EnginePorts, 'fleet' | 'sample' | 'store' | 'errorBudgets' | 'clock' | 'programme' | 'load'> {
  latch(): GateInput['latch'];
  runs(): readonly RunState[];
}

const pastRunsMax = 1000;

/** @throws whatever the records of the programme say: a gate that cannot look has said no. */
export async function gateInput(
  context: GateContext,
  experiment: Experiment,
  plan: FleetPlan,
  runId?: string,
): Promise<GateInput> {
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
    ...(context.load ? { loadRefusals: context.load.refusals } : {}),
    ask: context.sample,
    programme: await programmeView(context, experiment),
  };
}

async function programmeView(
  { clock, programme = withoutProgramme }: GateContext,
  experiment: Experiment,
): Promise<ProgrammeView> {
  const { rules, records } = programme;
  const contentDigest = programme.contentDigest(experiment);
  const [passes, rehearsals, claims] = await Promise.all([
    records.passes(contentDigest),
    records.rehearsals(contentDigest),
    records.claims(),
  ]);
  const nowUnixMs = clock.unixMs();
  return {
    rules,
    contentDigest,
    passes,
    rehearsals,
    claims,
    nowUnixMs,
    try: programme.try,
    firstLine: programme.firstLine,
  };
}

function gateHost({ name, isConnected, labels, description, error }: FleetHost): GateHost {
  const durationMax = description?.wire.limits?.find((limit) => limit.name === 'durationMax')?.value;
  return {
    name,
    isConnected,
    labels,
    ...(description ? { stage: description.stage } : {}),
    ...(durationMax ? { durationMax } : {}),
    isHalted: description?.isHalted ?? false,
    haltReason: description?.haltReason ?? '',
    ...(error === undefined ? {} : { error }),
  };
}
