/** An experiment after it was read: every unit a number, every default filled in, nothing left to interpret. */
import type { RollbackAction } from '../../proto/rollback-action.ts';
import type { Selector, Targeting } from '../../proto/selector.ts';
import type { Stage, Tier } from '../../proto/stage.ts';
import type { JsonObject } from '../../proto/struct.ts';
import type { DetectorSettings } from './detectors/index.ts';

export interface Experiment {
  readonly name: string;
  readonly owner: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly goal: string;
  readonly hypothesis: string;
  readonly runbook: string;
  readonly stage: Stage;
  readonly dependsOn: readonly string[];
  readonly blastRadius: BlastRadius;
  readonly targets: StepTargets;
  readonly preconditions: readonly Precondition[];
  /** SLOs of whose budget something must be left at the start; those of the service count without being named. */
  readonly errorBudgets?: readonly { readonly slo: string; readonly remainingMinPercent?: number }[];
  readonly probes: readonly Probe[];
  /** 0: no baseline is taken, and no rule may refer to one. */
  readonly baselineMs: number;
  /** Rules that must hold before, during and after; without any, the run is not judged by its probes. */
  readonly steadyState: readonly SteadyRule[];
  /** How long the probes are watched after the last step before the run is judged. */
  readonly recoveryMs: number;
  /** Groups run one after the other; the steps of a group run at the same time. */
  readonly method: readonly StepGroup[];
  readonly abort: readonly AbortRule[];
  /** Beside the rules: what compares the values of probes with the baseline by itself. */
  readonly detectors?: readonly Detector[];
  readonly leaseTtlMs: number;
  /** How important what it is aimed at is. */
  readonly tier?: Tier;
  /** The change on record, where the organisation keeps such records; another one is another scope. */
  readonly ticket?: string;
  /** Recipes of the programme, by name, that must be good before the run starts. */
  readonly recipes?: readonly string[];
  /** Absent: the file does not say; empty: it says that letting go undoes everything. */
  readonly rollback?: readonly RollbackAction[];
}

/** The smallest bound that is set counts. A percentage that gives no host is refused, never rounded up. */
export interface BlastRadius {
  readonly hosts?: number;
  readonly hostsPercent?: number;
  readonly zones?: number;
  readonly regions?: number;
  /** Services that it aims at or depends on. */
  readonly services?: number;
  readonly processesPerHost?: number;
  readonly tiers?: readonly Tier[];
}

export interface HostSelector {
  /** All of these labels must be equal; empty matches every host of the inventory. */
  readonly labels: Readonly<Record<string, string>>;
  /** Only these names, where any are given. */
  readonly names: readonly string[];
  readonly choice: HostChoice;
}

export type HostChoice =
  | { readonly mode: 'one' | 'all' }
  | { readonly mode: 'fixed'; readonly count: number }
  | { readonly mode: 'percent'; readonly percent: number };

export interface StepTargets {
  readonly hosts: HostSelector;
  /** Absent for faults of the whole host. */
  readonly processes?: Targeting;
}

export interface Precondition {
  /** The named probe must answer well once before the run starts. */
  readonly probe: string;
}

export interface Probe {
  readonly name: string;
  readonly everyMs: number;
  readonly timeoutMs: number;
  readonly source: ProbeSource;
}

/** One arm for each file of `probes/`. */
export type ProbeSource =
  | HttpSource
  | TcpSource
  | GrpcSource
  | ExecSource
  | PrometheusSource
  | ProcessSource
  | HostSource
  | FileSource
  | UnitSource;

interface Windowed {
  /** Samples older than this leave the window that error ratio, percentiles and counts are computed over. */
  readonly windowMs: number;
}

export interface HttpSource extends Windowed {
  readonly kind: 'http';
  readonly url: string;
  readonly method: 'GET' | 'HEAD';
  /** Statuses that count as up. */
  readonly status: { readonly min: number; readonly max: number };
  /** RE2; an answer counts as up only when it is found in the body. */
  readonly bodyMatches?: string;
}

export interface TcpSource extends Windowed {
  readonly kind: 'tcp';
  readonly host: string;
  readonly port: number;
}

export interface GrpcSource extends Windowed {
  readonly kind: 'grpc';
  /** "host:port" */
  readonly address: string;
  /** Of grpc.health.v1; empty for the server as a whole. */
  readonly service: string;
  /** By the certificate authorities that Node knows. */
  readonly usesTls: boolean;
}

export interface ExecSource extends Windowed {
  readonly kind: 'exec';
  /** One of the programs that the coordinator's own file lists. */
  readonly program: string;
  readonly args: readonly string[];
}

export interface PrometheusSource extends Windowed {
  readonly kind: 'prometheus';
  /** The coordinator's own Prometheus when absent. */
  readonly url?: string;
  readonly query: string;
  /** Absent: the value at the instant. */
  readonly range?: { readonly lengthMs: number; readonly stepMs: number; readonly take: RangeTake };
  /** The value only counts while this query, asked for the same instant, gives something above 0. */
  readonly livenessQuery?: string;
  /** The value of an answer without a series; without it, such an answer is no value. */
  readonly whenEmpty?: number;
  /** A baseline counts as at least this much. */
  readonly floor?: number;
}

export const rangeTakes = ['last', 'average', 'minimum', 'maximum'] as const;
export type RangeTake = (typeof rangeTakes)[number];

/** Hosts that are looked at through their agents; what they show counts together. */
export interface Observed {
  readonly hosts: Pick<HostSelector, 'labels' | 'names'>;
}

export interface ProcessSource extends Windowed, Observed {
  readonly kind: 'process';
  readonly selector: Selector;
  /** Fewer processes than this on a host count as down. */
  readonly countMin: number;
}

export interface HostSource extends Windowed, Observed {
  readonly kind: 'host';
}

export interface FileSource extends Windowed, Observed {
  readonly kind: 'file';
  readonly path: string;
  /** RE2, held against each new line; absent where only the file itself matters. */
  readonly pattern?: string;
}

export interface UnitSource extends Windowed, Observed {
  readonly kind: 'unit';
  readonly name: string;
}

/** A CEL expression, checked when the file was read. The text is as it was written. */
export interface Rule {
  readonly text: string;
  /** Line of the file, for messages. */
  readonly line: number;
}

export interface SteadyRule extends Rule {}

export interface AbortRule extends Rule {
  /** The breach must last this long. */
  readonly forMs: number;
  /** A breach that pauses for less than this goes on; 0 when absent. */
  readonly clearMs?: number;
  /** Watched through recovery too, not only while faults are active. */
  readonly afterwards?: boolean;
}

/** What an alarm does: it is kept, it is told, or it ends the run. */
export const detectorModes = ['shadow', 'advise', 'abort'] as const;
export type DetectorMode = (typeof detectorModes)[number];

export interface Detector {
  readonly probe: string;
  /** Which value of the probe. */
  readonly value: string;
  readonly settings: DetectorSettings;
  readonly mode: DetectorMode;
  /** Which way lies harm. */
  readonly worse: 'up' | 'down';
  /** Time between two observations; at least the window of a value that is computed over one, unless the file says less. */
  readonly everyMs: number;
  /** Line of the file, for messages. */
  readonly line: number;
}

export interface StepGroup {
  readonly steps: readonly Step[];
}

export type Step = FaultStep | WaitStep | LoadStep;

/** Traffic to a service, driven by the coordinator. */
export interface LoadStep {
  readonly kind: 'load';
  readonly number: number;
  readonly durationMs: number;
  /** Where each request goes; of a steady load the path too. */
  readonly url: string;
  readonly traffic:
    | { readonly kind: 'steady'; readonly requestsPerSecond: number }
    /** A recorded access log of the coordinator's file, with its timing; 2 is twice as fast. */
    | { readonly kind: 'replay'; readonly log: string; readonly speed: number };
  readonly connectionsMax: number;
  /** Line of the file, for messages. */
  readonly line: number;
}

export interface WaitStep {
  readonly kind: 'wait';
  /** From 1, counted through all groups. */
  readonly number: number;
  readonly durationMs: number;
}

export interface FaultStep {
  readonly kind: 'fault';
  readonly number: number;
  readonly fault: string;
  /** As written; the agent parses them, since only it knows the fault. */
  readonly parameters: JsonObject;
  readonly durationMs: number;
  /** Choose again inside the scope just before this step. */
  readonly reselect: boolean;
  readonly consentIrreversible: boolean;
  readonly targets: StepTargets;
  /** Line of the file, for messages. */
  readonly line: number;
}
