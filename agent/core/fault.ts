/** One fault of this host: what never changes about it, and one object per phase with only what is true in that phase. */
import type { Binding, Cause, Receipt } from '../../proto/fault.ts';
import type { ProcessIdentity } from '../../proto/identity.ts';
import type { JsonObject } from '../../proto/struct.ts';
import type { Lease } from './lease.ts';

export interface FaultFacts {
  readonly faultId: string;
  readonly idempotencyKey: string;
  /** Digest of the whole request: the same key with another request is a mistake, not a retry. */
  readonly requestDigest: string;
  readonly runId: string;
  readonly experiment: string;
  readonly kind: string;
  /** As asked, with units; `Describe`d back to callers. */
  readonly parameters: JsonObject;
  readonly binding: Binding;
  readonly holdsByPtrace: boolean;
  readonly targets: readonly ProcessIdentity[];
  readonly targetsDigest: string;
  /** Of its targets, for the cool-down. Not journalled: after a restart that counts from the start of the agent. */
  readonly services?: readonly string[];
  readonly injectedBy: string;
  readonly injectedAtUnixMs: number;
}

export type Life =
  /** Recorded or being recorded; the holder is starting, or touching. */
  | { readonly phase: 'binding'; readonly lease: Lease; readonly bindBeforeBootMs: number }
  | {
      readonly phase: 'active';
      readonly lease: Lease;
      readonly seen: string;
      /** Keys of targets that were restored one by one. */
      readonly released: readonly string[];
      /** Of these, what the holder has not said yet that it let go of; afterwards everything that it holds is. */
      readonly releasing: readonly { readonly targetKey: string; readonly beforeBootMs: number }[];
    }
  | {
      readonly phase: 'ending';
      readonly cause: Cause;
      readonly detail: string;
      readonly sinceBootMs: number;
      /** The holder is asked first, and killed from here on. */
      readonly killFromBootMs: number;
      readonly wasTouched: boolean;
    }
  | { readonly phase: 'ended'; readonly receipt: Receipt; readonly endedAtBootMs: number }
  | {
      readonly phase: 'unresolved';
      readonly receipt: Receipt;
      readonly sinceBootMs: number;
      readonly lookAgainAtBootMs: number;
    };

export interface Fault {
  readonly facts: FaultFacts;
  /** The audit has its intent, and the journal its undo. One that is over before that was never begun. */
  readonly isRecorded: boolean;
  readonly life: Life;
}

/** Whether something of it may still be on the host. */
export function isLive(fault: Fault): boolean {
  return fault.life.phase !== 'ended';
}

export function isHeld(fault: Fault): boolean {
  return fault.life.phase === 'binding' || fault.life.phase === 'active';
}
