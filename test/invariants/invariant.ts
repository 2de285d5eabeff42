/** The contract of an invariant: one file of this folder implements it, and one line of `index.ts` lists it. */
import type { Observation } from './observation.ts';

export interface Invariant {
  /** "S1" to "S20", as in the table of promises. */
  readonly id: string;
  /** In the present tense. */
  readonly claim: string;
  /** Pure. @returns one for each time that the claim did not hold. */
  check(seen: Observation): readonly Violation[];
}

export interface Violation {
  readonly invariant: string;
  readonly host: string;
  readonly atMs: number;
  readonly text: string;
}

/** Makes the violations of one invariant. */
export function violationOf(invariant: string) {
  return (host: string, atMs: number, text: string): Violation => ({ invariant, host, atMs, text });
}
