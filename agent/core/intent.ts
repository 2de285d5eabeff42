/** A signed intent as it came with a request, and what was done by it on this host before. */
import type { IntentDocument } from '../../proto/intent.ts';
import type { SignedScope } from './signed-scope.ts';

/** Whose word a host takes, by its policy. */
export interface IntentPolicy {
  /** The name of the fleet that this host is of. */
  readonly fleet: string;
  /** "ssh-ed25519 AAAA…" */
  readonly keys: readonly string[];
  /** In which folder of a repository an intent counts by a signed commit; "." is its root. Absent: detached signatures only. */
  readonly commitFolder?: string;
}

/** As it came: nothing of it is believed yet. */
export interface IntentProof {
  readonly intent: string;
  /** A detached SSHSIG over the bytes of `intent`; empty where a commit comes instead. */
  readonly signature: string;
  readonly commit?: CommitProof;
  /** The canonical text whose SHA-256 the intent names. */
  readonly scope: string;
}

/** A signed git commit that has the intent. */
export interface CommitProof {
  /** Of the intent in it, from the root of its repository. */
  readonly path: string;
  /**
   * As git hashes them, without their headers: the commit first; then in any order its parents, and of it and of each of
   * them the trees on the way to the intent.
   */
  readonly objects: readonly Uint8Array[];
}

export type IntentSeen =
  | { readonly kind: 'absent' }
  /** Not signed by a key of the policy, or not readable. */
  | { readonly kind: 'unusable'; readonly detail: string }
  | {
      readonly kind: 'signed';
      readonly document: IntentDocument;
      readonly scope: SignedScope;
      /** What was begun by it on this host. */
      readonly used: IntentUse;
    };

/** By run, and in it by the number of the step: the idempotency key of the inject that took it. */
export type IntentUse = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** What the inject of a signed step is remembered by. */
export interface IntentClaim {
  readonly nonce: string;
  readonly notAfterUnixMs: number;
  readonly runsMax: number;
  readonly runId: string;
  readonly step: number;
  readonly key: string;
}

/** @returns why this claim cannot be had beside what was had before, in words; empty when it can. */
export function claimProblem(
  used: IntentUse,
  { runsMax, runId, step, key }: Omit<IntentClaim, 'nonce' | 'notAfterUnixMs'>,
): string {
  const runs = Object.keys(used);
  if (!runs.includes(runId) && runs.length >= runsMax) {
    return `it is for ${runsMax} ${runsMax === 1 ? 'run' : 'runs'}, and ${runs.join(', ')} had ${runsMax === 1 ? 'it' : 'them'}`;
  }
  const taken = used[runId]?.[String(step)];
  return taken === undefined || taken === key ? '' : `step ${step} of run ${runId} was injected here already`;
}
