/** The rollback of an experiment, run alone before it is needed: nothing is injected. */
import { coordinatorMethodRoles } from '../../proto/method-roles.ts';
import type { Stage } from '../../proto/stage.ts';
import { type Asker, accessRefusals } from '../core/access.ts';
import { deedsOf } from '../core/deeds.ts';
import { type HostRollback, isRolledBack } from '../core/host-rollback.ts';
import { RunRefused } from './errors.ts';
import type { ExperimentText } from './experiment-file.ts';
import { faultStepsOf, planSteps } from './planner.ts';
import type { CoordinatorLatch, EnginePorts } from './ports.ts';
import { withoutProgramme } from './programme-port.ts';
import { rollBackOn } from './rolling-back.ts';

export interface RehearsalAnswer {
  readonly rehearsalId: string;
  readonly experiment: string;
  readonly stage: Stage;
  readonly isPassed: boolean;
  readonly hosts: readonly HostRollback[];
}

export interface RehearsalContext extends EnginePorts {
  latch(): CoordinatorLatch;
}

/** @throws RunRefused where there is nothing to rehearse, or a host is not of the stage. */
export async function rehearse(
  context: RehearsalContext,
  file: ExperimentText,
  by: string,
  asker?: Asker,
): Promise<RehearsalAnswer> {
  const { clock, fleet, store, programme = withoutProgramme } = context;
  const experiment = context.experiments.load(file.name, file.text, file.playbooks);
  const { name, stage, rollback: actions = [] } = experiment;
  const { plans, problems } = await planSteps(context, experiment, faultStepsOf(experiment));
  const hosts = [...new Set(plans.map((plan) => plan.host))];
  const strangers = fleet.hosts().filter((host) => hosts.includes(host.name) && host.description?.stage !== stage);
  const reasons = [
    ...(actions.length === 0 ? ['the file has 0 rollback steps, at least 1 needed'] : []),
    ...(context.latch().isHalted ? ['the fleet is halted; `leash rearm` releases it'] : []),
    ...problems,
    ...refusedTo(asker, stage, plans, fleet.hosts()),
    ...strangers.map((host) => `${host.name} is ${host.description?.stage ?? 'unknown'}, and the file is for ${stage}`),
  ];
  if (reasons.length > 0)
    throw new RunRefused(reasons.map((message) => ({ gate: 'rehearsal', passed: false, message })));
  const rehearsalId = `rehearsal-${context.newRunId()}`;
  await store.audit({ by, action: 'rehearse', subject: rehearsalId, detail: `${name} on ${hosts.join(', ')}` });
  const rollbacks = await rollBackOn(fleet, hosts, { id: rehearsalId, actions, reason: `rehearsal by ${by}` });
  const isPassed = rollbacks.every(isRolledBack);
  const atUnixMs = clock.unixMs();
  await programme.records.addRehearsal(programme.contentDigest(experiment), { rehearsalId, stage, isPassed, atUnixMs });
  return { rehearsalId, experiment: name, stage, isPassed, hosts: rollbacks };
}

/** What is rolled back is what the faults of this file would have needed: the same right is asked for. */
function refusedTo(asker: Asker | undefined, ...plan: Parameters<typeof deedsOf>): readonly string[] {
  const allowed = coordinatorMethodRoles.rehearse;
  return asker ? accessRefusals(asker, { allowed, verb: 'rehearse', deeds: deedsOf(...plan) }) : [];
}
