/** A defect that is put into the product to see whether the simulation finds it: each is a known bug of a peer. */
import type { SourceChange } from '../simulation/bundle.ts';
import type { AgentTraits, Happening } from '../simulation/scenario.ts';

export interface Mutant {
  readonly name: string;
  /** Who had it, or what it is a form of. */
  readonly peer: string;
  readonly changes: readonly SourceChange[];
  /**
   * What must happen for it to show, where chance brings that about too rarely. It breaks nothing in a product without
   * the defect.
   */
  readonly provocation?: Provocation;
}

export interface Provocation {
  /** The only host of the fleet. */
  readonly host: AgentTraits;
  readonly happenings: readonly Happening[];
}
