/** What the two halves of a simulation say to each other. */
import type { Violation } from '../invariants/invariant.ts';
import type { Scenario } from './scenario.ts';

export type WorkerOrder =
  | { readonly type: 'seeds'; readonly from: number; readonly count: number }
  | { readonly type: 'scenario'; readonly scenario: Scenario }
  | { readonly type: 'shrink'; readonly seed: number };

export type WorkerAnswer =
  | {
      readonly type: 'lived';
      readonly lives: number;
      readonly simulatedMs: number;
      readonly failed: readonly FailedLife[];
      /** Of everything that was seen: the same for the same scenario. */
      readonly digest: string;
    }
  | { readonly type: 'shrunk'; readonly failed: FailedLife | undefined };

export interface FailedLife {
  readonly scenario: Scenario;
  readonly violations: readonly Violation[];
}
