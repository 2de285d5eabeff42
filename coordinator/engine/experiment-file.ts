/** An experiment file as it was sent: the engine opens none. */
export interface ExperimentText {
  /** For messages only. */
  readonly name: string;
  readonly text: string;
  /** Those that it may name. */
  readonly playbooks?: readonly { readonly name: string; readonly text: string }[];
}
