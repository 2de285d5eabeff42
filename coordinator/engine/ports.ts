/** What the engine needs from the outside world, so that a simulated world can stand in for all of it. */
import type { Stage } from '../../proto/stage.ts';
import type { AuditRecord } from '../../shared/audit-chain.ts';
import type { Burn, ErrorBudget } from '../core/error-budget.ts';
import type { Experiment, LoadStep, Probe } from '../core/experiment.ts';
import type { LoadOutcome } from '../core/load-outcome.ts';
import type { FleetTarget, HostPlan } from '../core/plan.ts';
import type { ProbeSample } from '../core/probe-window.ts';
import type { RunState } from '../core/run.ts';
import type { NoteKind } from '../core/run-decision.ts';
import type { Gate } from '../gates/gate.ts';
import type { Fleet } from './fleet-port.ts';
import type { Permits } from './permits-port.ts';
import type { Programme } from './programme-port.ts';

export interface Clock {
  /** Milliseconds of boot time; everything is measured on it. */
  bootMs(): number;
  /** Wall clock, for people. */
  unixMs(): number;
  /** Calls back once, not before `ms` have passed. @returns a function that cancels it. */
  after(ms: number, call: () => void): () => void;
}

export interface RunEvent {
  readonly runId: string;
  /** From 1, without gaps. */
  readonly sequence: number;
  readonly atUnixMs: number;
  readonly kind: NoteKind;
  readonly host: string;
  readonly text: string;
}

/** The coordinator's own latch. While it is on, nothing is injected anywhere. */
export interface CoordinatorLatch {
  readonly isHalted: boolean;
  /** Grows with each halt. */
  readonly epoch: number;
  readonly reason: string;
  readonly by: string;
  /** Of the halt that is in force: who is told of it again is told with the same id. Absent when none is. */
  readonly requestId?: string;
}

export interface StoredPlan {
  readonly targetsDigest: string;
  readonly scopeDigest: string;
  readonly experiment: string;
  readonly plans: readonly HostPlan[];
  readonly targets: readonly FleetTarget[];
}

/** One person's word that a host is given up on. */
export interface Resolution {
  readonly host: string;
  readonly by: string;
  readonly reason: string;
}

export interface AuditEntry {
  readonly by: string;
  readonly action: string;
  /** What it was done to: a run, a host. */
  readonly subject: string;
  /** Why, or how it came out. */
  readonly detail: string;
  /** `intent` where it is left out: on the disk before the act. */
  readonly phase?: AuditRecord['phase'];
  /** Of what was decided on, as "sha256:…". */
  readonly digest?: string;
}

/** What is kept on disk; durable when a promise resolves. Nothing that lets go waits for any of it. */
export interface Store {
  /** The run as it is now, and what is new in its history, in one transaction. */
  saveRun(run: RunState, events: readonly RunEvent[]): Promise<void>;
  findRun(runId: string): Promise<RunState | undefined>;
  /** Newest first. */
  listRuns(runsMax: number): Promise<readonly RunState[]>;
  /** Those that have not ended, and those that ended with a host that owes a receipt. */
  listUnfinishedRuns(): Promise<readonly RunState[]>;
  eventsOf(runId: string): Promise<readonly RunEvent[]>;
  savePlan(plan: StoredPlan): Promise<void>;
  findPlan(targetsDigest: string): Promise<StoredPlan | undefined>;
  readLatch(): Promise<CoordinatorLatch>;
  writeLatch(latch: CoordinatorLatch): Promise<void>;
  /** @returns everyone's open word on this host, the new one included. */
  addResolution(resolution: Resolution): Promise<readonly Resolution[]>;
  closeResolutions(host: string): Promise<void>;
  audit(entry: AuditEntry): Promise<void>;
  /** When every host last confirmed a rehearsal of the halt. */
  haltDrilledAtUnixMs(): Promise<number | undefined>;
  noteHaltDrill(atUnixMs: number): Promise<void>;
}

/** A rule that was checked when the file was read. */
export interface CompiledRule {
  /** `no-data` when any value is missing, too old or not finite; it counts as a breach. Never throws. */
  evaluate(observed: (reference: RuleReference) => { value: number | boolean; ageMs: number } | undefined): {
    readonly kind: 'true' | 'false' | 'no-data';
    /** "canary.errorRatio=0.31 > 0.2" */
    readonly trace: string;
  };
}

export interface RuleReference {
  readonly probe: string;
  readonly field: string;
  readonly isBaseline: boolean;
}

/** The reading of experiment files, which the engine takes as given. */
export interface ExperimentReader {
  /** @throws for a text that is not an experiment; the error says where. */
  load(
    fileName: string,
    text: string,
    playbooks?: readonly { readonly name: string; readonly text: string }[],
  ): Experiment;
  scopeDigest(experiment: Experiment, hosts: readonly string[]): string;
  compileRule(text: string, scope: { readonly probes: readonly Probe[]; readonly hasBaseline: boolean }): CompiledRule;
}

/** What SLOs say of experiments. */
export interface ErrorBudgets {
  /** What a stage needs for a start, unless the experiment says otherwise. */
  startMinPercent(stage: Stage): number;
  /** No experiment may go below. */
  readonly floorMinPercent: number;
  /** @throws Error where a budget cannot be told. */
  budgetsOf(experiment: Experiment): Promise<readonly ErrorBudget[]>;
  /** @throws Error likewise. */
  burnsOf(experiment: Experiment): Promise<readonly Burn[]>;
}

/** Traffic under way. */
export interface DrivenLoad {
  /** Always resolves, a little after its time at the latest. */
  readonly ended: Promise<LoadOutcome>;
  /** Ends it at once; then `ended` with what was seen until then. */
  stop(): void;
}

/** What drives traffic. Whatever it drives ends with this coordinator, however that ends. */
export interface LoadDriver {
  /** Why this coordinator does not drive it, each with the number and the bound; empty when it does. */
  refusals(step: LoadStep): Promise<readonly string[]>;
  /** Only what nothing refused. */
  drive(step: LoadStep, runId: string): DrivenLoad;
}

export interface EnginePorts {
  readonly clock: Clock;
  readonly fleet: Fleet;
  readonly store: Store;
  readonly experiments: ExperimentReader;
  readonly gates: readonly Gate[];
  /** Asks a probe once. Never rejects, and answers within its timeout. `previous`: the sample before, which some go on from. */
  sample(probe: Probe, previous?: ProbeSample): Promise<ProbeSample>;
  /** Absent where there are no SLOs. */
  readonly errorBudgets?: ErrorBudgets;
  /** Absent where none is kept. */
  readonly programme?: Programme;
  /** Absent where no traffic is driven. */
  readonly load?: LoadDriver;
  /** Absent where none are kept: then nothing starts in production. */
  readonly permits?: Permits;
  /** "sha256:…" of a text. */
  digest(text: string): string;
  newRunId(): string;
  /** Whether this coordinator made the id: what another one, or a caller of its own, holds on a host is theirs. */
  isOwnRunId(runId: string): boolean;
  /** What failed in a way that only a log can tell. */
  warn(message: string, error: unknown): void;
}
