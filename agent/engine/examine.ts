/** Looking at the host before anything is touched: the same look serves a dry run and an inject. */
import type { Binding } from '../../proto/fault.ts';
import type { ProcessIdentity } from '../../proto/identity.ts';
import type { Refusal } from '../../proto/refusal.ts';
import type { RollbackAction } from '../../proto/rollback-action.ts';
import type { Selector, Targeting } from '../../proto/selector.ts';
import type { JsonObject } from '../../proto/struct.ts';
import type { IntentClaim, IntentProof } from '../core/intent.ts';
import type { ProcessFacts, ProcessTable } from '../core/process.ts';
import type { Protection } from '../core/protection.ts';
import type { AgentState } from '../core/state.ts';
import type { Subject } from './hold.ts';

/** What somebody wants done, after the door. */
export interface Wish {
  readonly kind: string;
  readonly parameters: JsonObject;
  readonly targeting: Targeting | undefined;
  /** Set by an inject: exactly these, instead of choosing. */
  readonly targets: readonly ProcessIdentity[] | undefined;
  readonly stage: string;
  /** Undefined: the host's own default. */
  readonly durationMs: number | undefined;
  /** Undefined in a dry run, which asks for no lease and gives no consent. */
  readonly leaseTtlMs: number | undefined;
  readonly consentIrreversible: boolean | undefined;
  /** The caller's own process, where it is local: its login chain is protected. */
  readonly callerPid: number | undefined;
  /** All that the caller can be called in a policy, its full name first. */
  readonly callerNames: readonly string[];
  readonly intent?: WishedIntent;
}

/** What a signed intent must agree with, beside the wish itself. */
export interface WishedIntent {
  readonly proof: IntentProof | undefined;
  /** Empty in a dry run that is of no run. */
  readonly runId: string;
  /** The idempotency key; empty in a dry run. */
  readonly key: string;
  readonly rollback: readonly RollbackAction[];
}

export interface Match {
  readonly process: ProcessFacts;
  readonly matched: readonly string[];
  readonly protectedBy: readonly string[];
}

/** Either what matches, or why the selector cannot be answered in full. */
export interface FoundProcesses {
  readonly matches: readonly Match[];
  readonly refusals: readonly Refusal[];
}

/** The same bit by bit, so that of ten thousand none is kept: each is as it is when its batch is reached, in order of pid. */
export interface ProcessSearch {
  readonly batches: AsyncIterable<readonly Match[]>;
  readonly refusals: readonly Refusal[];
}

export type SearchProcesses = (
  table: ProcessTable,
  selector: Selector,
  protection: Protection,
) => Promise<ProcessSearch>;

/** Each match as it is now. May take a few turns of the event loop on a large host. @throws InvalidInput for a pattern */
export type FindProcesses = (
  table: ProcessTable,
  selector: Selector,
  protection: Protection,
) => Promise<FoundProcesses>;

export interface Examination {
  readonly subject: Subject;
  readonly matches: readonly Match[];
  readonly targets: readonly Match[];
  /** How many of the matches were chosen, by what, and how that was rounded; empty where the caller named the targets. */
  readonly choiceReason: string;
  readonly targetsDigest: string;
  readonly durationMs: number;
  readonly binding: Binding;
  readonly bindingReason: string;
  /** What comes of it beside the fault itself, in words. */
  readonly warnings: readonly string[];
  /** What the inject takes of the signed intent that it came with; undefined where none is asked for, or none will do. */
  intentClaim(): IntentClaim | undefined;
  /** Every "no", judged against the state of the very turn in which it is asked. */
  refusals(state: AgentState, nowBootMs: number): readonly Refusal[];
}
