/** A run of an experiment: what is fixed about it, where it is in its life, and what became of each inject. */
import type { Receipt } from '../../proto/fault.ts';
import type { ProcessIdentity } from '../../proto/identity.ts';
import type { Asker } from './access.ts';
import type { Baseline, ProbeSummary } from './baseline.ts';
import type { DetectorRecord } from './detector-record.ts';
import type { Drill } from './drill.ts';
import type { Experiment } from './experiment.ts';
import type { GateVerdict } from './gate-verdict.ts';
import type { HostRollback } from './host-rollback.ts';
import type { RunLoad } from './load-outcome.ts';
import type { ProbeSeries } from './probe-series.ts';

/** Plain data throughout: the store keeps it as JSON. */
export interface RunState {
  readonly facts: RunFacts;
  readonly life: RunLife;
  /** Every inject of this run, in the order in which they were ordered. */
  readonly placements: readonly Placement[];
  /** Hosts that were told to let go and have not said all of what they saw. */
  readonly orders: readonly LetGoOrder[];
  /** As submitted, and as each group was planned anew. */
  readonly targetsDigests: readonly string[];
  readonly gates: readonly GateVerdict[];
  readonly baseline: Baseline;
  /** The first time that a steady-state rule did not hold. */
  readonly deviation?: string;
  /** The first time that one could not be judged: a value was missing, stale or not a number. */
  readonly unknown?: string;
  readonly probes: readonly ProbeSummary[];
  /** What the probes showed over time, thinned for plots; absent until the probes stopped. */
  readonly series?: readonly ProbeSeries[];
  /** Traffic that was driven; absent where there was none. */
  readonly loads?: readonly RunLoad[];
  /** One for each detector of the file, in its order; absent before the baseline was measured, or where there is none. */
  readonly detectors?: readonly DetectorRecord[];
  /** What the rollback came to, host by host; absent where there was none to run. */
  readonly rollbacks?: readonly HostRollback[];
  /** Since when the hosts have been asked to roll back. */
  readonly rollBackSinceMs?: number;
}

export interface RunFacts {
  readonly runId: string;
  readonly experiment: Experiment;
  readonly scopeDigest: string;
  /** The hosts that are in it, in order of name. */
  readonly scopeHosts?: readonly string[];
  readonly submittedBy: string;
  readonly submittedAtUnixMs: number;
  /** Set when exactly the targets of a plan were asked for. */
  readonly pinnedDigest?: string;
  /** Set for a drill of one abort rule; `experiment` is then what is run in the place of the one that is meant. */
  readonly drill?: Drill;
  /** Of the experiment without its parameters; absent where no programme is kept. */
  readonly contentDigest?: string;
  readonly startedBy?: string;
  /** The same one with the roles of that moment: they are asked again before each group. */
  readonly startedAs?: Asker;
}

export type RunLife =
  | { readonly phase: 'submitted' }
  /** Waits for other runs to give back what it needs; touches nothing, and outlives a coordinator. */
  | {
      readonly phase: 'queued';
      readonly by: string;
      readonly sinceUnixMs: number;
      /** Refused when it has not begun by then. */
      readonly expiresAtUnixMs: number;
      /** 1 is the next one. */
      readonly place: number;
      /** Who has what it needs, in words. */
      readonly why: string;
    }
  | {
      readonly phase: 'baseline';
      readonly endsAtMs: number;
      /** Every probe has answered once, well or not. */
      readonly isWarm: boolean;
    }
  | { readonly phase: 'running'; readonly group: number; readonly activity: Activity }
  | { readonly phase: 'ending'; readonly end: End; readonly sinceMs: number }
  | {
      readonly phase: 'ended';
      readonly end: End;
      readonly result: RunResult;
      readonly endedAtUnixMs: number;
    };

/** What a running run is doing with its group. */
export type Activity =
  | { readonly name: 'planning' }
  /** Ordered, and not every host has answered. */
  | { readonly name: 'injecting'; readonly waitEndsAtMs: number }
  | { readonly name: 'holding'; readonly waitEndsAtMs: number }
  /** After the last group: nothing is injected, the probes are watched. */
  | { readonly name: 'recovering'; readonly endsAtMs: number }
  | { readonly name: 'judging' };

export type RunPhase = RunLife['phase'];

/** The first cause wins and is kept. */
export interface End {
  readonly cause: EndCause;
  /** In words, with the numbers. */
  readonly detail: string;
}

export type EndCause =
  | 'completed'
  | 'refused'
  | 'abort-rule'
  | 'aborted-by-person'
  /** An alert, or another tool with a token. */
  | 'aborted-by-webhook'
  | 'halted'
  | 'host-unreachable'
  /** A fault ended on its host before its time. */
  | 'fault-ended-early'
  | 'inject-failed'
  /** An inject was not answered in time: whether it happened is for the host to say. */
  | 'inject-unanswered'
  | 'receipt-missing'
  /** The traffic that was to be driven was not. */
  | 'load-failed'
  | 'store-failed'
  | 'coordinator-restarted'
  | 'coordinator-stopped';

/** In this order of precedence where several apply: unresolved, aborted, deviated, unknown. */
export type RunResult = 'held' | 'deviated' | 'unknown' | 'refused' | 'aborted' | 'unresolved' | 'not-judged';

/** One inject on one host. */
export interface Placement {
  /** The idempotency key: the same key never injects twice. */
  readonly key: string;
  readonly host: string;
  readonly group: number;
  readonly stepNumber: number;
  readonly targets: readonly ProcessIdentity[];
  /** The host's own digest of these targets. */
  readonly targetsDigest: string;
  readonly haltEpoch: number;
  readonly life: PlacementLife;
}

export type PlacementLife =
  /** Recorded; the order is on its way. */
  | { readonly phase: 'ordered'; readonly atMs: number }
  /** The order was not answered: it may have happened, and may yet. */
  | { readonly phase: 'unknown'; readonly orderedAtMs: number; readonly detail: string }
  | {
      readonly phase: 'active';
      readonly faultId: string;
      readonly endsAtMs: number;
      /** Until when the host is known to hold it: the sending of the last renewal that it answered, plus the ttl. */
      readonly leaseEndsAtMs: number;
      readonly seen: string;
    }
  /** Let go, or being let go, and the host has not seen it restored yet. */
  | {
      readonly phase: 'unconfirmed';
      readonly faultId: string;
      readonly sinceMs: number;
      readonly receipt?: Receipt;
    }
  | { readonly phase: 'ended'; readonly receipt: Receipt }
  /** The host never touched anything for it. */
  | { readonly phase: 'never'; readonly detail: string }
  /** Two people closed it without a receipt. It is not restored. */
  | { readonly phase: 'abandoned'; readonly detail: string };

/** Whether the host is known to have touched nothing for it. */
export function isUntouched({ life }: Placement): boolean {
  return life.phase === 'never';
}

/** Whether the host still owes an answer about this inject. */
export function isOpen({ life }: Placement): boolean {
  switch (life.phase) {
    case 'ordered':
    case 'unknown':
    case 'active':
    case 'unconfirmed':
      return true;
    case 'ended':
    case 'never':
    case 'abandoned':
      return false;
  }
}

export interface LetGoOrder {
  readonly host: string;
  readonly attempts: number;
  /** While an order is under way there is nothing to repeat. */
  readonly isUnderWay: boolean;
  readonly retryAtMs: number;
}

export function submittedRun(
  facts: RunFacts,
  plan: { readonly gates: readonly GateVerdict[]; readonly targetsDigest: string },
): RunState {
  return {
    facts,
    life: { phase: 'submitted' },
    placements: [],
    orders: [],
    targetsDigests: [plan.targetsDigest],
    gates: plan.gates,
    baseline: {},
    probes: [],
  };
}

/** The hosts on which something of this run may still be in force. */
export function openHosts(run: RunState): readonly string[] {
  return [...new Set(run.placements.filter(isOpen).map((placement) => placement.host))];
}
