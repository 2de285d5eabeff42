/** Files become plans and runs: judged by every gate and recorded. Nothing is touched by it. */
import type { Asker } from '../core/access.ts';
import { drillExperiment } from '../core/drill.ts';
import type { Experiment } from '../core/experiment.ts';
import { changedTargets } from '../core/plan.ts';
import { type RunFacts, type RunState, submittedRun } from '../core/run.ts';
import { evaluateGates } from '../gates/gate.ts';
import type { Engine, PlannedExperiment, RunView } from './engine-api.ts';
import { RunRefused } from './errors.ts';
import type { ExperimentText } from './experiment-file.ts';
import { type GateCase, type GateContext, gateInput } from './gate-input.ts';
import { storedPlan } from './group-planning.ts';
import { type FleetPlan, faultStepsOf, planSteps } from './planner.ts';
import type { EnginePorts } from './ports.ts';
import { withoutProgramme } from './programme-port.ts';
import type { RunKeeper } from './run-keeper.ts';
import type { RunViews } from './run-views.ts';

export type PlanningFor = Pick<GateCase, 'runId' | 'asker' | 'submitted'>;

export interface Submitting {
  plan(file: ExperimentText, asker?: Asker): Promise<PlannedExperiment>;
  /** @param who the run that asks, and for whom; without a run it is a dry run. */
  planExperiment(experiment: Experiment, who?: PlanningFor): Promise<PlannedExperiment>;
  submit: Engine['submit'];
  submitDrill: Engine['submitDrill'];
}

export function createSubmitting(
  ports: EnginePorts & GateContext,
  { keeper, views }: { readonly keeper: RunKeeper; readonly views: RunViews },
): Submitting {
  const { clock, store, programme = withoutProgramme } = ports;

  async function planExperiment(experiment: Experiment, who: PlanningFor = {}): Promise<PlannedExperiment> {
    const { runId } = who;
    const plan = await planSteps(ports, experiment, faultStepsOf(experiment), runId === undefined ? {} : { runId });
    const scopeHosts = [...new Set(plan.plans.map((each) => each.host))].sort();
    const scopeDigest = ports.experiments.scopeDigest(experiment, scopeHosts);
    const input = await gateInput(ports, { experiment, plan, scopeDigest, moment: 'start', ...who });
    const gates = await evaluateGates(ports.gates, input);
    return { experiment, scopeDigest, scopeHosts, plan, gates, input };
  }

  function planFile({ name, text, playbooks }: ExperimentText, asker?: Asker): Promise<PlannedExperiment> {
    return planExperiment(ports.experiments.load(name, text, playbooks), asker ? { asker } : {});
  }

  function factsOf({ experiment, scopeDigest, scopeHosts }: PlannedExperiment, by: string): RunFacts {
    return {
      runId: ports.newRunId(),
      experiment,
      scopeDigest,
      scopeHosts,
      submittedBy: by,
      submittedAtUnixMs: Math.round(clock.unixMs()),
      contentDigest: programme.contentDigest(experiment),
    };
  }

  /** Intent before act: a run that the audit did not take is not there. */
  async function add(run: RunState, plan: FleetPlan, by: string): Promise<RunView> {
    const { runId, experiment, scopeDigest } = run.facts;
    await store.savePlan(storedPlan(run, plan));
    await store.audit({ by, action: 'submit', subject: runId, detail: experiment.name, digest: scopeDigest });
    await keeper.add(run);
    return views.of(runId);
  }

  /** @throws RunRefused with a line for each process that is not what the plan showed. */
  async function refuseUnlessSame(pinnedDigest: string, scopeDigest: string, plan: FleetPlan): Promise<void> {
    const refuse = (messages: readonly string[]): never => {
      throw new RunRefused(messages.map((message) => ({ gate: 'targets', passed: false, message })));
    };
    const shown = await store.findPlan(pinnedDigest);
    if (!shown) return refuse([`no plan with the digest ${pinnedDigest} was made here`]);
    if (shown.scopeDigest !== scopeDigest) refuse(['the experiment is not the one of that plan: plan again']);
    if (plan.targetsDigest === pinnedDigest) return;
    refuse(changedTargets(shown.targets, plan.targets));
  }

  return {
    planExperiment,
    plan: async (file, asker) => {
      const planned = await planFile(file, asker);
      const { targetsDigest, plans, targets } = planned.plan;
      const { scopeDigest, experiment } = planned;
      await store.savePlan({ targetsDigest, scopeDigest, experiment: experiment.name, plans, targets });
      return planned;
    },
    async submit(file, by, { pinnedDigest, asker } = {}) {
      const planned = await planFile(file, asker);
      const { scopeDigest, plan, gates } = planned;
      if (pinnedDigest !== undefined) await refuseUnlessSame(pinnedDigest, scopeDigest, plan);
      const pinned = pinnedDigest === undefined ? {} : { pinnedDigest };
      const facts = { ...factsOf(planned, by), ...pinned };
      return add(submittedRun(facts, { gates, targetsDigest: plan.targetsDigest }), plan, by);
    },
    async submitDrill(file, index, by, asker) {
      const whole = ports.experiments.load(file.name, file.text, file.playbooks);
      const rule = whole.abort[index];
      if (!rule) {
        const message = `there is no abort rule ${index + 1}, the file has ${whole.abort.length}`;
        throw new RunRefused([{ gate: 'drill', passed: false, message }]);
      }
      const planned = await planExperiment(drillExperiment(whole, rule), asker ? { asker } : {});
      const { plan, gates } = planned;
      const facts = { ...factsOf(planned, by), drill: { experiment: whole.name, rule } };
      return add(submittedRun(facts, { gates, targetsDigest: plan.targetsDigest }), plan, by);
    },
  };
}
