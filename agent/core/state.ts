/** Everything the agent decides by, what can happen to it, and what it then wants done. */
import type { Cause, Outcome, Receipt } from '../../proto/fault.ts';
import type { ProcessIdentity } from '../../proto/identity.ts';
import type { Refusal } from '../../proto/refusal.ts';
import type { Fault, FaultFacts } from './fault.ts';
import type { HaltLatch, HaltOrder } from './halt.ts';

export interface AgentState {
  readonly latch: HaltLatch;
  /** By fault id; ended ones are kept for a while, so that a repeated key is answered. */
  readonly faults: ReadonlyMap<string, Fault>;
  /** Boot milliseconds of the injects of the last minute. */
  readonly injectedAtBootMs: readonly number[];
  /** Of injects that an earlier agent began, by its audit: a retry of one whose fault is over must not begin it again. */
  readonly keysUsedBefore?: ReadonlySet<string>;
}

export interface SeenTarget {
  readonly identity?: ProcessIdentity;
  readonly outcome: Outcome;
  readonly seen: string;
  readonly threads: number;
  readonly threadsRunning: number;
  readonly successor?: ProcessIdentity;
  readonly respawnMs?: number;
}

/** What the agent saw when it looked at the host after an end. */
export interface Look {
  readonly targets: readonly SeenTarget[];
  readonly isHolderGone: boolean;
  readonly resourceBackMs: number;
  readonly atUnixMs: number;
}

export type Command =
  | {
      readonly type: 'inject';
      readonly facts: FaultFacts;
      readonly leaseTtlMs: number;
      readonly durationMs: number;
      readonly haltEpoch: number;
      /** What the limits and the identity checks say, evaluated in the same turn. */
      readonly refusals: readonly Refusal[];
    }
  | { readonly type: 'recorded'; readonly faultId: string }
  | { readonly type: 'record-failed'; readonly faultId: string; readonly detail: string }
  | { readonly type: 'holder-bound'; readonly faultId: string }
  | { readonly type: 'effect-seen'; readonly faultId: string; readonly seen: string }
  /** The touch failed, or what was held had to be let go of before its time; either way the holder has let go. */
  | { readonly type: 'holder-failed'; readonly faultId: string; readonly detail: string }
  /** Nothing is left to hold: all targets ended by themselves, or a one-shot act is complete. */
  | { readonly type: 'holder-finished'; readonly faultId: string; readonly detail: string }
  /** The holder let go of one target, and goes on with the others. */
  | { readonly type: 'target-released'; readonly faultId: string; readonly target: ProcessIdentity }
  | { readonly type: 'holder-ended'; readonly faultId: string; readonly how: string }
  | { readonly type: 'renew'; readonly faultId: string; readonly ttlMs: number }
  | {
      readonly type: 'restore';
      readonly faultIds: readonly string[];
      readonly target?: ProcessIdentity;
      readonly cause: Cause;
      readonly detail: string;
      readonly by: string;
    }
  | { readonly type: 'halt'; readonly order: HaltOrder }
  | { readonly type: 'rearm'; readonly expectedEpoch: number; readonly by: string; readonly reason: string }
  | { readonly type: 'looked'; readonly faultId: string; readonly look: Look }
  | { readonly type: 'tick' };

export type Effect =
  /** Audit the intent and journal the undo, both durable; then `recorded` or `record-failed`. */
  | { readonly type: 'record'; readonly fault: Fault }
  | { readonly type: 'start-holder'; readonly fault: Fault; readonly endsAtBootMs: number }
  | { readonly type: 'touch'; readonly faultId: string }
  | { readonly type: 'renew-holder'; readonly faultId: string; readonly endsAtBootMs: number }
  | { readonly type: 'release-holder'; readonly faultId: string; readonly target?: ProcessIdentity }
  | { readonly type: 'kill-holder'; readonly faultId: string }
  /** Apply the typed undo of the journal where the holder is gone, then look until confirmed or for two seconds. */
  | { readonly type: 'look'; readonly fault: Fault }
  | { readonly type: 'forget'; readonly faultId: string }
  | { readonly type: 'write-latch'; readonly latch: HaltLatch }
  /** Best effort: an outcome that cannot be written never holds up a restore. */
  | { readonly type: 'audit'; readonly entry: AuditFact }
  | { readonly type: 'publish'; readonly event: AgentEvent };

/** What happened, for the audit: who, what, to what. */
export interface AuditFact {
  readonly action: string;
  readonly by: string;
  readonly faultId?: string;
  readonly detail: string;
}

export type AgentEvent =
  | { readonly kind: 'fault'; readonly fault: Fault; readonly text: string }
  | { readonly kind: 'halt' | 'rearm'; readonly latch: HaltLatch; readonly text: string }
  | { readonly kind: 'refused'; readonly text: string };

export type Reply =
  | { readonly type: 'none' }
  | { readonly type: 'refused'; readonly refusals: readonly Refusal[] }
  /** The fault with this id; for `inject`, either the new one or the one that the key stands for. */
  | { readonly type: 'fault'; readonly faultId: string }
  | { readonly type: 'receipts'; readonly receipts: readonly Receipt[] }
  | { readonly type: 'latch'; readonly latch: HaltLatch };

export interface Decision {
  readonly state: AgentState;
  readonly effects: readonly Effect[];
  readonly reply: Reply;
}
