/** What can happen to a run, and what it then wants done. */

import type { Phase, Receipt } from '../../proto/fault.ts';
import type { ProcessIdentity } from '../../proto/identity.ts';
import type { Asker } from './access.ts';
import type { Baseline, ProbeSummary } from './baseline.ts';
import type { DetectorRecord } from './detector-record.ts';
import type { LoadStep } from './experiment.ts';
import type { GateVerdict } from './gate-verdict.ts';
import type { HostRollback } from './host-rollback.ts';
import type { LoadOutcome } from './load-outcome.ts';
import type { ProbeSeries } from './probe-series.ts';
import type { End, Placement, RunState } from './run.ts';

export interface Instant {
  /** Boot time: what everything is measured on. */
  readonly bootMs: number;
  /** Wall clock, for people. */
  readonly unixMs: number;
}

/** A fault as its host reports it. */
export interface FaultSeen {
  readonly faultId: string;
  readonly idempotencyKey: string;
  readonly runId: string;
  readonly phase: Phase;
  readonly targets: readonly ProcessIdentity[];
  readonly leaseRemainingMs: number;
  readonly durationRemainingMs: number;
  readonly seen: string;
  readonly receipt?: Receipt;
}

/** A host and what is to be injected there; not ordered yet. */
export type PlannedPlacement = Pick<
  Placement,
  'key' | 'host' | 'stepNumber' | 'targets' | 'targetsDigest' | 'haltEpoch'
>;

export type RunInput =
  /** Others have what it needs: it waits for them, at most until the time that is named. */
  | {
      readonly type: 'queue';
      readonly by: string;
      readonly asker?: Asker;
      readonly expiresAtUnixMs: number;
      readonly place: number;
      readonly why: string;
    }
  /** Where it stands now. */
  | { readonly type: 'queue-moved'; readonly place: number; readonly why: string }
  | { readonly type: 'start'; readonly by: string; readonly asker?: Asker; readonly gates: readonly GateVerdict[] }
  | { readonly type: 'refuse'; readonly reasons: readonly string[]; readonly gates?: readonly GateVerdict[] }
  | { readonly type: 'probes-warm' }
  | {
      readonly type: 'baseline-measured';
      readonly baseline: Baseline;
      readonly detectors?: readonly DetectorRecord[];
    }
  | { readonly type: 'planned'; readonly placements: readonly PlannedPlacement[]; readonly targetsDigest: string }
  /** The inject was held back because the run had gone on to its end before it was sent. */
  | { readonly type: 'not-sent'; readonly key: string; readonly detail: string }
  | { readonly type: 'inject-refused'; readonly key: string; readonly detail: string }
  /** The host started it and it failed there; the host says what is left in a receipt. */
  | { readonly type: 'inject-failed'; readonly key: string; readonly faultId: string; readonly detail: string }
  | { readonly type: 'inject-unanswered'; readonly key: string; readonly detail: string }
  | { readonly type: 'fault-seen'; readonly host: string; readonly fault: FaultSeen }
  /** Everything that this host knows of this run, looked at after it let go. */
  | { readonly type: 'receipts'; readonly host: string; readonly receipts: readonly Receipt[] }
  | { readonly type: 'let-go-failed'; readonly host: string; readonly detail: string }
  /** `sentAtMs`: when the renewal left, so that the lease is never thought longer than it is. */
  | { readonly type: 'renewed'; readonly faultIds: readonly string[]; readonly sentAtMs: number }
  | { readonly type: 'renewal-refused'; readonly faultId: string; readonly detail: string }
  /** A steady-state rule did not hold. */
  | { readonly type: 'deviated'; readonly detail: string }
  /** Whether a steady-state rule held could not be told. */
  | { readonly type: 'not-known'; readonly detail: string }
  /** A line for the history: what the probes showed, and changed nothing. */
  | { readonly type: 'noted'; readonly kind: NoteKind; readonly text: string }
  /** The last look at the steady state, after recovery. */
  | { readonly type: 'judged' }
  | { readonly type: 'load-ended'; readonly stepNumber: number; readonly outcome: LoadOutcome }
  /** A detector has alarmed; whether that ends the run is for its mode to say. */
  | { readonly type: 'detected'; readonly index: number; readonly record: DetectorRecord }
  | {
      readonly type: 'measured';
      readonly probes: readonly ProbeSummary[];
      readonly series?: readonly ProbeSeries[];
      readonly detectors?: readonly DetectorRecord[];
    }
  | { readonly type: 'rolled-back'; readonly rollbacks: readonly HostRollback[] }
  | { readonly type: 'end'; readonly end: End }
  /** After a restart: every fault of this run was found in force. */
  | { readonly type: 'reclaim'; readonly faults: readonly (FaultSeen & { readonly host: string })[] }
  | { readonly type: 'abandon'; readonly host: string; readonly detail: string }
  | { readonly type: 'tick' };

export type RunEffect =
  | { readonly type: 'watch-probes' }
  | { readonly type: 'stop-probes' }
  | { readonly type: 'measure-baseline' }
  /** Plan this group anew; then `planned` or `refuse`. */
  | { readonly type: 'plan'; readonly group: number }
  | { readonly type: 'inject'; readonly placement: Placement }
  /** Restore everything of this run on this host, and look; then `receipts` or `let-go-failed`. */
  | { readonly type: 'let-go'; readonly host: string; readonly reason: string }
  /** Drive this traffic; then `load-ended`, always. */
  | { readonly type: 'drive-load'; readonly step: LoadStep }
  /** Stop whatever traffic this run drives. */
  | { readonly type: 'stop-loads' }
  /** Have the rollback run on these hosts, or hear what came of it; then `rolled-back`. */
  | { readonly type: 'roll-back'; readonly hosts: readonly string[] }
  /** Evaluate the steady state once more; then `deviated` or `not-known` where it is so, and `judged`. */
  | { readonly type: 'judge' };

export type NoteKind =
  | 'phase'
  | 'step'
  | 'inject'
  | 'receipt'
  | 'refused'
  | 'abort'
  /** What a detector would do, and leaves to people. */
  | 'advice'
  | 'probe'
  | 'lease'
  | 'end';

/** One line of the run's history. */
export interface RunNote {
  readonly kind: NoteKind;
  readonly host: string;
  readonly text: string;
}

export interface RunDecision {
  readonly state: RunState;
  readonly effects: readonly RunEffect[];
  readonly notes: readonly RunNote[];
}
