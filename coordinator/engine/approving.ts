/** One person's yes to the scope of a run that waits to be started. */
import { coordinatorMethodRoles } from '../../proto/method-roles.ts';
import { type Asker, accessRefusals } from '../core/access.ts';
import { type ApprovalJudgement, judgeApprovals, short } from '../core/approval.ts';
import { isPerson } from '../core/bindings.ts';
import { deedsOf } from '../core/deeds.ts';
import type { RunState } from '../core/run.ts';
import { RunRefused } from './errors.ts';
import { faultStepsOf } from './planner.ts';
import type { EnginePorts } from './ports.ts';

export interface ApprovalOrder {
  /** Set: the scope must be just this one, as the approver has seen it. */
  readonly scopeDigest?: string;
  readonly comment: string;
  readonly asker: Asker;
}

export interface RunApprovals extends ApprovalJudgement {
  readonly run: RunState;
  readonly needed: number;
}

type ApprovalContext = Pick<EnginePorts, 'store' | 'clock' | 'permits' | 'fleet'>;

/** @throws RunRefused for a run that does not wait, and for whoever may not say so. */
export async function approveRun(context: ApprovalContext, run: RunState, order: ApprovalOrder): Promise<RunApprovals> {
  const { permits, store, clock } = context;
  const { runId, scopeDigest, experiment } = run.facts;
  const { asker, comment } = order;
  const reasons = permits ? reasonsAgainst(context, run, order) : ['this coordinator keeps no approvals'];
  if (!permits || reasons.length > 0) {
    await store.audit({
      by: asker.name,
      action: 'approve-refused',
      subject: runId,
      detail: reasons.join('; '),
      phase: 'refusal',
    });
    throw new RunRefused(reasons.map((message) => ({ gate: 'approval', passed: false, message })));
  }
  // Intent before act: a yes that the audit did not take is none.
  await store.audit({ by: asker.name, action: 'approve', subject: runId, detail: `${scopeDigest} ${comment}`.trim() });
  const atUnixMs = Math.round(clock.unixMs());
  await permits.records.addApproval({
    runId,
    experiment: experiment.name,
    scopeDigest,
    by: asker.name,
    comment,
    atUnixMs,
  });
  return approvalsOf(context, run);
}

export async function approvalsOf({ permits, clock }: ApprovalContext, run: RunState): Promise<RunApprovals> {
  const { runId, scopeDigest, submittedBy, experiment } = run.facts;
  const rules = permits?.rules.approvals[experiment.stage] ?? { approvers: 0, lifeMs: 0 };
  const approvals = (await permits?.records.approvalsOf(experiment.name)) ?? [];
  const judgement = judgeApprovals({
    approvals: approvals.filter((approval) => approval.runId === runId),
    runId,
    scopeDigest,
    submittedBy,
    rules,
    nowUnixMs: clock.unixMs(),
    personOf: permits?.personOf ?? ((name) => name),
  });
  return { ...judgement, run, needed: rules.approvers };
}

function reasonsAgainst({ permits, fleet }: ApprovalContext, run: RunState, order: ApprovalOrder): readonly string[] {
  const { asker, scopeDigest } = order;
  const { facts, life } = run;
  const { experiment, scopeHosts = [] } = facts;
  const submitter = permits?.personOf(facts.submittedBy);
  const hosts = fleet.hosts();
  const plans = scopeHosts.flatMap((host) => faultStepsOf(experiment).map(({ fault }) => ({ host, fault })));
  return [
    ...(life.phase === 'submitted'
      ? []
      : [`run ${facts.runId} is ${life.phase}: only one that waits to be started is approved`]),
    ...(asker.person === submitter
      ? [`${asker.name} is ${submitter}, who submitted it: somebody else must approve`]
      : []),
    ...(isPerson(asker.name) ? [] : [`${asker.name} is not a person`]),
    ...(scopeDigest === undefined || scopeDigest === facts.scopeDigest
      ? []
      : [`its scope is ${short(facts.scopeDigest)}, and not ${short(scopeDigest)}`]),
    ...accessRefusals(asker, {
      allowed: coordinatorMethodRoles.approve,
      verb: 'approve',
      deeds: deedsOf(experiment.stage, plans, hosts),
    }),
  ];
}
