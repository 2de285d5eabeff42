/** What a gate said, with the number and the bound. */
export interface GateVerdict {
  readonly gate: string;
  readonly passed: boolean;
  readonly message: string;
}
