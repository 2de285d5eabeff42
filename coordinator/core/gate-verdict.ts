/** What a gate said, with the number and the bound. */
export interface GateVerdict {
  readonly gate: string;
  readonly passed: boolean;
  readonly message: string;
  /** What would have to change, where it refused. */
  readonly remedies?: readonly string[];
}
