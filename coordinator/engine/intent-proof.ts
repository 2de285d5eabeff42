/** A signed intent as a host wants to see it. */
export interface IntentProof {
  readonly intent: string;
  readonly signature: string;
  readonly scope: string;
}
