/** What the gates look at, taken from the fleet as it is now. */

import type { Approval } from '../core/approval.ts';
import type { Experiment } from '../core/experiment.ts';
import type { RunFacts, RunState } from '../core/run.ts';
import type { GateHost, GateInput, ProgrammeView } from '../gates/gate.ts';
import type { PermitsView } from '../gates/permits.ts';
import type { FleetHost } from './fleet-port.ts';
import type { Permits } from './permits-port.ts';
import type { FleetPlan } from './planner.ts';
import type { EnginePorts } from './ports.ts';
import { withoutProgramme } from './programme-port.ts';

export interface GateContext
  extends Pick<
    EnginePorts,
    'fleet' | 'sample' | 'store' | 'errorBudgets' | 'clock' | 'programme' | 'permits' | 'load'
  > {
  latch(): GateInput['latch'];
  runs(): readonly RunState[];
}

export interface GateCase extends Pick<GateInput, 'experiment' | 'scopeDigest' | 'moment' | 'runId' | 'asker'> {
  readonly plan: FleetPlan;
  /** The run that asks, as it was submitted. */
  readonly submitted?: Pick<RunFacts, 'submittedBy' | 'scopeDigest'>;
}

const pastRunsMax = 1000;

/** @throws whatever the records of the programme say: a gate that cannot look has said no. */
export async function gateInput(context: GateContext, asked: GateCase): Promise<GateInput> {
  const { experiment, plan, scopeDigest, moment, runId, asker } = asked;
  const fleet = context.fleet.hosts();
  const names = [...new Set(plan.plans.map((each) => each.host))];
  return {
    experiment,
    scopeDigest,
    moment,
    ...(runId === undefined ? {} : { runId }),
    ...(asker ? { asker } : {}),
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
    ...(context.permits ? { permits: permitsView(context, context.permits, asked) } : {}),
  };
}

/** Read at most once, and only where a gate asks. */
function permitsView(
  { clock }: GateContext,
  permits: Permits,
  { experiment, submitted, runId }: GateCase,
): PermitsView {
  const { rules, records, personOf, checkTicket, policies, intents } = permits;
  let approvals: Promise<readonly Approval[]> | undefined;
  return {
    rules,
    nowUnixMs: clock.unixMs(),
    ...(submitted ? { submittedBy: submitted.submittedBy, approvedScope: submitted.scopeDigest } : {}),
    approvals() {
      approvals ??= records.approvalsOf(experiment.name);
      return approvals;
    },
    personOf,
    checkTicket,
    policies,
    findIntent: async (scopeDigest, stage) =>
      (await intents?.find({ scopeDigest, stage }, (nonce) => records.intentRuns(nonce, runId))) ?? { problems: [] },
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
