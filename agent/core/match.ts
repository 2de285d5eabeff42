/** What a selector has found so far, and how a condition makes it less. */
import type { Findings } from './inquiry.ts';
import type { ProcessFacts, ProcessTable } from './process.ts';

export interface Match {
  readonly process: ProcessFacts;
  /** One entry for each condition that holds, all of which do. */
  readonly matched: readonly string[];
}

export interface World {
  readonly table: ProcessTable;
  readonly findings: Findings;
}

/** Keeps some of the candidates, in their order, each with one more reason or several. */
export type Narrow = (candidates: readonly Match[], world: World) => Generator<void, readonly Match[]>;

export function unexplained(process: ProcessFacts): Match {
  return { process, matched: [] };
}
