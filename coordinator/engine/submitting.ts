/** Files become plans and runs: judged by every gate and recorded. Nothing is touched by it. */
import { drillExperiment } from '../core/drill.ts';
import type { Experiment } from '../core/experiment.ts';
import { changedTargets } from '../core/plan.ts';
import { type RunFacts, type RunState, submittedRun } from '../core/run.ts';
import { evaluateGates } from '../gates/gate.ts';
import type { PlannedExperiment, RunView } from './engine-api.ts';
import { RunRefused } from './errors.ts';
import type { ExperimentText } from './experiment-file.ts';
import { type GateContext, gateInput } from './gate-input.ts';
import { storedPlan } from './group-planning.ts';
import { type FleetPlan, faultStepsOf, planSteps } from './planner.ts';
import type { EnginePorts } from './ports.ts';
import { withoutProgramme } from './programme-port.ts';
import type { RunKeeper } from './run-keeper.ts';
import type { RunViews } from './run-views.ts';

export interface Submitting {
  plan(file: ExperimentText): Promise<PlannedExperiment>;
  /** @param runId the run that asks; absent for a dry run. */
  planExperiment(experiment: Experiment, runId?: string): Promise<PlannedExperiment>;
  submit(file: ExperimentText, by: string, pinnedDigest?: string): Promise<RunView>;
  submitDrill(file: ExperimentText, rule: number, by: string): Promise<RunView>;
}

export function createSubmitting(
  ports: EnginePorts & GateContext,
  { keeper, views }: { readonly keeper: RunKeeper; readonly views: RunViews },
): Submitting {
  const { clock, store, programme = withoutProgramme } = ports;

  async function planExperiment(experiment: Experiment, runId?: string): Promise<PlannedExperiment> {
    const plan = await planSteps(ports, experiment, faultStepsOf(experiment));
    const input = await gateInput(ports, experiment, plan, runId);
    const gates = await evaluateGates(ports.gates, input);
    const hosts = [...new Set(plan.plans.map((each) => each.host))];
    return { experiment, scopeDigest: ports.experiments.scopeDigest(experiment, hosts), plan, gates, input };
  }

  function planFile({ name, text, playbooks }: ExperimentText): Promise<PlannedExperiment> {
    return planExperiment(ports.experiments.load(name, text, playbooks));
  }

  function factsOf(experiment: Experiment, scopeDigest: string, by: string): RunFacts {
    return {
      runId: ports.newRunId(),
      experiment,
      scopeDigest,
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
    plan: async (file) => {
      const planned = await planFile(file);
      const { targetsDigest, plans, targets } = planned.plan;
      const { scopeDigest, experiment } = planned;
      await store.savePlan({ targetsDigest, scopeDigest, experiment: experiment.name, plans, targets });
      return planned;
    },
    async submit(file, by, pinnedDigest) {
      const { experiment, scopeDigest, plan, gates } = await planFile(file);
      if (pinnedDigest !== undefined) await refuseUnlessSame(pinnedDigest, scopeDigest, plan);
      const pinned = pinnedDigest === undefined ? {} : { pinnedDigest };
      const facts = { ...factsOf(experiment, scopeDigest, by), ...pinned };
      return add(submittedRun(facts, { gates, targetsDigest: plan.targetsDigest }), plan, by);
    },
    async submitDrill(file, index, by) {
      const whole = ports.experiments.load(file.name, file.text, file.playbooks);
      const rule = whole.abort[index];
      if (!rule) {
        const message = `there is no abort rule ${index + 1}, the file has ${whole.abort.length}`;
        throw new RunRefused([{ gate: 'drill', passed: false, message }]);
      }
      const { experiment, scopeDigest, plan, gates } = await planExperiment(drillExperiment(whole, rule));
      const facts = { ...factsOf(experiment, scopeDigest, by), drill: { experiment: whole.name, rule } };
      return add(submittedRun(facts, { gates, targetsDigest: plan.targetsDigest }), plan, by);
    },
  };
}
