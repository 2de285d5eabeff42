/** The approvals of a run, as a document. */
import type { leash } from '../../proto/codec.ts';

export interface ApprovalDocument {
  readonly by: string;
  readonly person: string;
  readonly atUnixMs: number;
  readonly expiresAtUnixMs: number;
  readonly scopeDigest: string;
  readonly comment: string;
  /** Empty where it counts. */
  readonly voidBecause: string;
}

export interface RunApprovalsDocument {
  readonly runId: string;
  readonly experiment: string;
  readonly stage: string;
  readonly submittedBy: string;
  readonly scopeDigest: string;
  readonly needed: number;
  readonly given: number;
  readonly approvals: readonly ApprovalDocument[];
}

export function approvalsDocuments({ runs }: leash.v1.IListApprovalsReply): readonly RunApprovalsDocument[] {
  return (runs ?? []).map((run) => ({
    runId: run.runId ?? '',
    experiment: run.experiment ?? '',
    stage: run.stage ?? '',
    submittedBy: run.submittedBy ?? '',
    scopeDigest: run.scopeDigest ?? '',
    needed: run.needed ?? 0,
    given: run.given ?? 0,
    approvals: (run.approvals ?? []).map((each) => ({
      by: each.by ?? '',
      person: each.person ?? '',
      atUnixMs: each.atUnixMs ?? 0,
      expiresAtUnixMs: each.expiresAtUnixMs ?? 0,
      scopeDigest: each.scopeDigest ?? '',
      comment: each.comment ?? '',
      voidBecause: each.voidBecause ?? '',
    })),
  }));
}
