/** What became of the traffic that a run drives. */

export interface RunLoad {
  readonly stepNumber: number;
  readonly startedAtUnixMs: number;
  /** Absent while it goes on. */
  readonly outcome?: LoadOutcome;
}

export interface LoadOutcome {
  /** That were sent, and answered or given up. */
  readonly requests: number;
  /** No answer, or one of 500 and above. */
  readonly errors: number;
  /** Due while every connection was busy. */
  readonly notSent: number;
  readonly tookMs: number;
  /** From the instant at which a request was due; absent where none was answered. */
  readonly latency?: { readonly p50Ms: number; readonly p95Ms: number; readonly p99Ms: number; readonly maxMs: number };
  /** Why it did not go as it was meant to. */
  readonly error?: string;
}

export const nothingDriven: LoadOutcome = { requests: 0, errors: 0, notSent: 0, tookMs: 0 };
