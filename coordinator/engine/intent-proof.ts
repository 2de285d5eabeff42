/** A signed intent as a host wants to see it. */
export interface IntentProof {
  readonly intent: string;
  /** Detached; empty where a commit comes instead. */
  readonly signature: string;
  readonly commit?: CommitProof;
  readonly scope: string;
}

export interface CommitProof {
  /** From the root of the repository. */
  readonly path: string;
  /** The commit first. */
  readonly objects: Uint8Array[];
}
