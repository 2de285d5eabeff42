/** Approvals: people who looked at the scope of a run, and said yes to just that. */
import type { Stage } from '../../proto/stage.ts';
import { isPerson } from './bindings.ts';

export interface Approval {
  readonly runId: string;
  readonly experiment: string;
  readonly scopeDigest: string;
  /** As the audit has it. */
  readonly by: string;
  readonly comment: string;
  readonly atUnixMs: number;
}

export interface StageApprovals {
  /** How many people must say yes, beside the one who submits. 0: none are asked for. */
  readonly approvers: number;
  /** How long a yes counts. */
  readonly lifeMs: number;
}

export type ApprovalRules = Readonly<Record<Stage, StageApprovals>>;

const dayMs = 86_400_000;

export const defaultApprovals: ApprovalRules = {
  development: { approvers: 0, lifeMs: dayMs },
  staging: { approvers: 0, lifeMs: dayMs },
  'production-lite': { approvers: 2, lifeMs: dayMs },
  'production-full': { approvers: 2, lifeMs: dayMs },
};

export interface ApprovalCase {
  readonly approvals: readonly Approval[];
  /** Absent in a dry run: there is nothing yet that anybody could have approved. */
  readonly runId?: string;
  readonly scopeDigest: string;
  readonly submittedBy: string;
  readonly rules: StageApprovals;
  readonly nowUnixMs: number;
  personOf(name: string): string;
}

export interface JudgedApproval extends Approval {
  /** Whom `by` stands for. */
  readonly person: string;
  readonly expiresAtUnixMs: number;
  /** Why it does not count; empty where it does. */
  readonly voidBecause: string;
}

export interface ApprovalJudgement {
  /** Of this run, and of others of the same experiment, oldest first. */
  readonly approvals: readonly JudgedApproval[];
  /** Whose yes counts. */
  readonly people: readonly string[];
  readonly isEnough: boolean;
}

/** A person counts once, whatever names they have. A yes is to one run and its scope: not to its processes. */
export function judgeApprovals(asked: ApprovalCase): ApprovalJudgement {
  const { runId, scopeDigest, submittedBy, rules, nowUnixMs, personOf } = asked;
  const submitter = personOf(submittedBy);
  const people: string[] = [];
  const approvals = [...asked.approvals]
    .sort((one, other) => one.atUnixMs - other.atUnixMs)
    .map((approval): JudgedApproval => {
      const person = personOf(approval.by);
      const expiresAtUnixMs = approval.atUnixMs + rules.lifeMs;
      const voidBecause = [
        approval.scopeDigest !== scopeDigest && `it is for the scope ${short(approval.scopeDigest)}`,
        approval.runId !== runId && `it is for run ${approval.runId}`,
        person === submitter && `${person} submitted it`,
        !isPerson(approval.by) && `${approval.by} is not a person`,
        // Written so that a clock that says nothing sensible voids it.
        !(nowUnixMs < expiresAtUnixMs) && `it ran out at ${new Date(expiresAtUnixMs).toISOString()}`,
        people.includes(person) && `${person} has said so already`,
      ].filter((reason) => reason !== false);
      if (voidBecause.length === 0) people.push(person);
      return { ...approval, person, expiresAtUnixMs, voidBecause: voidBecause.join(', and ') };
    });
  return { approvals, people, isEnough: people.length >= rules.approvers };
}

/** "sha256:0123456789ab…" */
export function short(digest: string): string {
  return digest.length > 20 ? `${digest.slice(0, 19)}…` : digest;
}
