/** Who and what else must say yes before something starts, as the engine needs it. Every answer comes within a deadline. */

import type { Stage } from '../../proto/stage.ts';
import type { Approval } from '../core/approval.ts';
import type { Experiment } from '../core/experiment.ts';
import type { PermitRules } from '../core/permit-rules.ts';
import type { FoundIntent, PolicyAnswer, PolicyDocument, SignedIntent, TicketAnswer } from '../gates/permits.ts';
import type { CommitProof, IntentProof } from './intent-proof.ts';

/** Durable when a promise resolves. */
export interface PermitRecords {
  addApproval(approval: Approval): Promise<void>;
  /** Of an experiment, the newest first. */
  approvalsOf(experiment: string): Promise<readonly Approval[]>;
  /** A run that starts by an intent. Idempotent. @returns false when as many as it is for have started. */
  takeIntent(nonce: string, runId: string, runsMax: number): Promise<boolean>;
  /** How many others than this one have started. */
  intentRuns(nonce: string, exceptRunId?: string): Promise<number>;
}

export interface IntentSource {
  /** Reads the folder as it is now; `runsOf`: how many runs have started by a nonce. @throws where it cannot be read. */
  find(
    wanted: {
      readonly scopeDigest: string;
      readonly stage: Stage;
      /** Only those that hosts can check: by a detached signature, or by a commit that an SSH key signed. */
      readonly isForHosts?: boolean;
    },
    runsOf: (nonce: string) => Promise<number>,
  ): Promise<FoundIntent>;
  /** What shows a host that a signed commit brought the intent. @throws Error where it is more than a host reads. */
  commitProof(commit: NonNullable<SignedIntent['commit']>): Promise<CommitProof>;
}

export interface Permits {
  readonly rules: PermitRules;
  readonly records: PermitRecords;
  /** Whom a name stands for. */
  personOf(name: string): string;
  /** Never rejects. */
  checkTicket(ticket: string): Promise<TicketAnswer>;
  readonly policies: readonly { readonly name: string; ask(document: PolicyDocument): Promise<PolicyAnswer> }[];
  readonly intents?: IntentSource;
  /**
   * What hosts with a pinned key ask for, for just these hosts. Undefined where there is none, or none that is signed in
   * a way that hosts can check. Never rejects: a host that asks for it will say what is wrong.
   */
  proofFor(experiment: Experiment, hosts: readonly string[], runId?: string): Promise<IntentProof | undefined>;
}
