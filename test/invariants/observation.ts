/**
 * What somebody who watches the world from outside has seen of it: processes, signals, disks and messages, and never
 * the records of an agent or a coordinator. A simulated world and tests on real processes both fill it in; what an
 * observer cannot see stays empty, and the invariants that need it then say nothing.
 *
 * All instants are milliseconds on one clock that counts suspend.
 */

/** One process for ever, whatever number it has: never reused, unlike a pid. Free text, such as "host-a/412#7". */
export type ProcessName = string;

export interface Observation {
  /** When the observer stopped looking. */
  readonly untilMs: number;
  /** How late a kernel-bound fault may end: 250 ms on an idle host, 500 ms at twice its CPUs. */
  readonly epsilonMs: number;
  /** How late a journal-bound one may end when its agent and its holder were gone or stood still. */
  readonly replayMs: number;
  readonly hosts: readonly HostSeen[];
  readonly grips: readonly Grip[];
  readonly acts: readonly Act[];
  readonly exchanges: readonly Exchange[];
  readonly told: readonly Told[];
  readonly receipts: readonly ReceiptTold[];
  readonly standstills: readonly Standstill[];
  readonly audits: readonly AuditSeen[];
  readonly runs: readonly RunSeen[];
  readonly accidents: readonly Accident[];
  /** From here on nothing disturbs the world any more, and nobody asks for a fault. */
  readonly calmFromMs?: number;
}

export const nothingSeen: Omit<Observation, 'untilMs'> = {
  epsilonMs: 250,
  replayMs: 20_000,
  hosts: [],
  grips: [],
  acts: [],
  exchanges: [],
  told: [],
  receipts: [],
  standstills: [],
  audits: [],
  runs: [],
  accidents: [],
};

/** What the root-owned policy of a host allows, as the observer put it there. */
export interface HostSeen {
  readonly host: string;
  readonly processesMax: number;
  readonly faultsMax: number;
  readonly survivorsMin: number;
}

/** Something of ours that keeps a process from running, sets a value of it, or takes something of a host: from then until then. */
export interface Grip {
  readonly host: string;
  /** Absent for a fault of the whole host. */
  readonly process?: ProcessName;
  /** As the order of its holder names it. */
  readonly faultId: string;
  readonly how: 'traced' | 'stopped' | 'stressed' | 'set';
  readonly binding: 'kernel' | 'journal';
  readonly fromMs: number;
  /** Absent while it is there. */
  readonly untilMs?: number;
}

/** Something of ours did something to a process, or began to take something of a host. */
export interface Act {
  readonly atMs: number;
  readonly host: string;
  readonly faultId?: string;
  readonly what: 'seize' | 'stop' | 'continue' | 'signal' | 'stress' | 'set' | 'put-back';
  readonly signal?: string;
  /** The process that it hit; absent for a fault of the host. */
  readonly process?: ProcessName;
  /** The process that was meant, by whoever chose it: another one means that a number was trusted. */
  readonly meant?: ProcessName;
  readonly isProtected: boolean;
  /** Somebody else had stopped it before, and it was not of our doing. */
  readonly wasStoppedByOthers: boolean;
  /** Since when; absent where the observer cannot tell. */
  readonly othersStoppedAtMs?: number;
  /** Of what puts a value back: it had one of somebody else's, or got another than it had before us. */
  readonly isOthersValueLost?: boolean;
  /** Whether what must come first was there at this very instant. Absent where the observer cannot tell. */
  readonly before?: {
    readonly isIntentAudited: boolean;
    readonly isUndoJournalled: boolean;
    readonly isKernelTimerArmed: boolean;
    readonly isBoundToAgent: boolean;
  };
}

/** A call to a host, from the instant at which the agent took it up. */
export interface Exchange {
  readonly host: string;
  readonly atMs: number;
  readonly ask: Ask;
  /** Absent while there is none: lost, or not yet given. */
  readonly answer?: Answer;
}

export type Ask =
  | {
      readonly type: 'inject';
      readonly key: string;
      readonly runId: string;
      readonly kind: string;
      readonly targets: readonly ProcessName[];
      readonly ttlMs: number;
      readonly durationMs: number;
      readonly haltEpoch: number;
      readonly hasConsent: boolean;
    }
  /** A share of what matches: how much that was at each look which the agent took at its host before it answered. */
  | { readonly type: 'plan'; readonly percent: number; readonly matching: readonly number[] }
  | { readonly type: 'renew'; readonly faultId: string; readonly ttlMs: number }
  /** Everything when neither is set. */
  | { readonly type: 'restore'; readonly faultId?: string; readonly runId?: string; readonly target?: ProcessName }
  | { readonly type: 'halt'; readonly requestId: string }
  | { readonly type: 'rearm'; readonly expectedEpoch: number };

export type Answer =
  | { readonly kind: 'refused'; readonly atMs: number; readonly reasons: readonly string[] }
  | { readonly kind: 'failed'; readonly atMs: number; readonly message: string }
  | {
      readonly kind: 'done';
      readonly atMs: number;
      /** Of an inject, a renewal. */
      readonly faultId?: string;
      /** Of a plan. */
      readonly chosen?: number;
      /** Of a halt or a rearm. */
      readonly epoch?: number;
      /** Of a halt: what it outlives, as its host says. */
      readonly durability?: 'durable' | 'volatile' | 'memory-only';
    };

/** An agent spoke of a fault, to whomever: the only bridge between an idempotency key and a fault id. */
export interface Told {
  readonly host: string;
  readonly atMs: number;
  readonly faultId: string;
  readonly key: string;
  readonly runId: string;
}

export interface ReceiptTold {
  readonly host: string;
  readonly atMs: number;
  readonly faultId: string;
  readonly cause: string;
  readonly isConfirmed: boolean;
  readonly targets: readonly { readonly process?: ProcessName; readonly outcome: string }[];
}

/** Something could not act: a program was dead or stopped, the host was suspended or down, or its disk slow or broken. */
export interface Standstill {
  readonly host: string;
  readonly what: 'host-suspended' | 'host-down' | 'disk' | 'agent' | 'holder' | 'coordinator';
  /** The program ended, and with it what it had in memory. */
  readonly isEnd?: true;
  /** Of a holder. */
  readonly faultId?: string;
  readonly fromMs: number;
  readonly untilMs?: number;
}

/** The audit file of a host as it is on the disk. */
export interface AuditSeen {
  readonly host: string;
  readonly atMs: number;
  readonly lines: readonly string[];
}

/** A run of an experiment, and what the probe of its abort rule showed in one stretch of time. */
export interface RunSeen {
  readonly runId: string;
  /** How many hosts may be under its faults at once. */
  readonly hostsMax?: number;
  /** When its coordinator first said that it is over and that every host has confirmed; absent when it never did. */
  readonly closedAtMs?: number;
  /** From when on the rule's probe showed a breach, or nothing usable, without a break; absent when it never did. */
  readonly breachedFromMs?: number;
  readonly breachedUntilMs?: number;
  /** How long a breach may last by the rule, and how old a value may be before it counts as none. */
  readonly forMs: number;
  readonly staleMs: number;
  /** The longest lease of the run: what is left when its coordinator is gone. */
  readonly leaseMs: number;
  /** Its hosts that could not be reached in that time. */
  readonly unreachable: readonly string[];
}

/** A program of ours ended by an error of its own, or its event loop stood still; or it took in what it cannot know. */
export interface Accident {
  readonly host: string;
  readonly atMs: number;
  readonly what: 'crash' | 'stall' | 'journal-damaged' | 'journal-mended';
  readonly detail: string;
}
