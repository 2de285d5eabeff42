/** What the coordinator tells the program that drives a load, and what it hears of it: one JSON document a line. */
import type { LoadOutcome } from '../core/load-outcome.ts';

export interface LoadOrder {
  readonly runId: string;
  /** Every request goes to its host and port. */
  readonly url: string;
  readonly durationMs: number;
  readonly connectionsMax: number;
  /** Whatever a log says: what is due beyond it in one second is not sent. */
  readonly requestsPerSecondMax: number;
  readonly traffic:
    | { readonly kind: 'steady'; readonly requestsPerSecond: number }
    | { readonly kind: 'replay'; readonly path: string; readonly speed: number };
}

/** Each second, and once more when it is over. */
export interface LoadReport {
  readonly isOver: boolean;
  readonly outcome: LoadOutcome;
}
