/** What the gates of permission look at: approvals, tickets, policies, intents. */
import type { IntentDocument } from '../../proto/intent.ts';
import type { Stage } from '../../proto/stage.ts';
import type { Approval } from '../core/approval.ts';
import type { PermitRules } from '../core/permit-rules.ts';
import type { PolicyDocument } from '../core/policy-document.ts';

export type { PolicyDocument } from '../core/policy-document.ts';

export interface TicketAnswer {
  readonly isGood: boolean;
  /** In words: what state it is in, or why that is not known. */
  readonly detail: string;
}

export interface PolicyAnswer {
  /** Why not; one that could not be asked has said no. */
  readonly refusals: readonly string[];
}

export interface SignedIntent {
  readonly document: IntentDocument;
  /** The bytes that were signed, as text. */
  readonly text: string;
  /** A detached SSHSIG over them, which hosts with a pinned key can check; absent where a signed commit vouches for it. */
  readonly signature?: string;
  /** One that is signed by an SSH key, which hosts can check too, and the name of the intent in its folder. */
  readonly commit?: { readonly id: string; readonly name: string };
  /** "checkout.json in commit 0123abcd" */
  readonly source: string;
  /** The principal of the allowed-signers file. */
  readonly signedBy: string;
  readonly runsLeft: number;
}

export interface FoundIntent {
  readonly intent?: SignedIntent;
  /** Of those that name this scope: why each of them does not do. */
  readonly problems: readonly string[];
}

export interface PermitsView {
  readonly rules: PermitRules;
  readonly nowUnixMs: number;
  /** Of the run; absent in a dry run. */
  readonly submittedBy?: string;
  /** The scope of the run when it was submitted. */
  readonly approvedScope?: string;
  /** Of this experiment. */
  approvals(): Promise<readonly Approval[]>;
  personOf(name: string): string;
  checkTicket(ticket: string): Promise<TicketAnswer>;
  readonly policies: readonly { readonly name: string; ask(document: PolicyDocument): Promise<PolicyAnswer> }[];
  findIntent(scopeDigest: string, stage: Stage): Promise<FoundIntent>;
}
