/** Everything that the API can ask the engine for. */
import type { leash } from '../../proto/codec.ts';
import type { Selector } from '../../proto/selector.ts';
import type { Asker } from '../core/access.ts';
import type { Experiment } from '../core/experiment.ts';
import type { GateVerdict } from '../core/gate-verdict.ts';
import type { Learning } from '../core/learning.ts';
import type { RunState } from '../core/run.ts';
import type { GateInput } from '../gates/gate.ts';
import type { ApprovalOrder, RunApprovals } from './approving.ts';
import type { ExperimentText } from './experiment-file.ts';
import type { FleetHost } from './fleet-port.ts';
import type { HostHalt, HostRearm } from './halting.ts';
import type { FleetPlan } from './planner.ts';
import type { CoordinatorLatch, RunEvent } from './ports.ts';
import type { PromotionAnswer, PromotionOrder } from './promoting.ts';
import type { RehearsalAnswer } from './rehearsing.ts';
import type { ResolveAnswer } from './resolving.ts';

export interface PlannedExperiment {
  readonly experiment: Experiment;
  readonly scopeDigest: string;
  readonly scopeHosts: readonly string[];
  readonly plan: FleetPlan;
  readonly gates: readonly GateVerdict[];
  /** What the gates looked at. */
  readonly input: GateInput;
}

export interface RunView {
  readonly run: RunState;
  readonly events: readonly RunEvent[];
  readonly learnings: readonly Learning[];
  /** Where its traces are, where the programme says so. */
  readonly traceLinks: readonly string[];
}

/** `by` is the name of whoever asks, as the audit has it. */
export interface Engine {
  hosts(): readonly FleetHost[];
  latch(): CoordinatorLatch;
  /** The faults of a host that are not confirmed restored, in words. */
  unresolvedOn(host: string): readonly string[];
  listProcesses(
    host: string,
    selector: Selector,
    receive: (processes: readonly leash.v1.IProcessMatch[]) => void,
  ): Promise<void>;
  /** Dry run: touches nothing. @throws whatever the reader says of the file. */
  plan(file: ExperimentText, asker?: Asker): Promise<PlannedExperiment>;
  /** @throws RunRefused when the targets are not those of the digest. */
  submit(
    file: ExperimentText,
    by: string,
    options?: { readonly pinnedDigest?: string; readonly asker?: Asker },
  ): Promise<RunView>;
  /** A run that drills one abort rule, counted from 0. @throws RunRefused when there is no such rule. */
  submitDrill(file: ExperimentText, rule: number, by: string, asker?: Asker): Promise<RunView>;
  /**
   * Asks every gate again. `queueForMs`: where other runs have what it needs, it waits for them this long; 0 does not.
   *
   * @throws RunRefused with every reason; the run has then ended, unless approvals are all that is missing. @throws UnknownRun
   */
  start(
    runId: string,
    by: string,
    options?: { readonly queueForMs?: number; readonly asker?: Asker },
  ): Promise<RunView>;
  /** @throws RunRefused for whoever may not say so. @throws UnknownRun */
  approve(runId: string, order: ApprovalOrder): Promise<RunApprovals>;
  /** Of every run that waits for some, or of one. @throws UnknownRun */
  approvals(runId?: string): Promise<readonly RunApprovals[]>;
  /** Resolves when every host has confirmed, or patience is over. Idempotent. @throws UnknownRun */
  abort(runId: string, reason: string, by: string): Promise<RunView>;
  /** Begins to end every run that is going on or queued and matches. @returns their ids, at once: nothing is waited for. */
  abortWhere(matches: (run: RunState) => boolean, reason: string, by: string): readonly string[];
  /** All that have not ended, and those of which a host owes a receipt. From memory: the store is not asked. */
  openRuns(): readonly RunState[];
  /** Newest first. */
  runs(runsMax: number): Promise<readonly RunState[]>;
  /** @throws UnknownRun */
  run(runId: string): Promise<RunView>;
  watch(listener: (event: RunEvent, run: RunState) => void): () => void;
  halt(order: {
    readonly requestId: string;
    readonly reason: string;
    readonly by: string;
    /** A rehearsal, of which is remembered whether every host confirmed it. */
    readonly isDrill?: boolean;
  }): Promise<readonly HostHalt[]>;
  /** When every host last confirmed a rehearsal. */
  haltDrilledAtUnixMs(): number | undefined;
  rearm(order: {
    readonly hosts: readonly string[];
    readonly reason: string;
    readonly by: string;
  }): Promise<readonly HostRearm[]>;
  resolve(order: { readonly host: string; readonly reason: string; readonly by: string }): Promise<ResolveAnswer>;
  /** @throws whatever the reader says of the file. */
  promote(order: PromotionOrder): Promise<PromotionAnswer>;
  /** Runs the rollback alone, on the hosts that the experiment would touch. @throws RunRefused */
  rehearse(file: ExperimentText, by: string, asker?: Asker): Promise<RehearsalAnswer>;
  /** Of an experiment without its parameters; empty where no programme is kept. */
  contentDigest(experiment: Experiment): string;
  /** @throws UnknownRun @throws RunRefused for a run that is not over. */
  learn(runId: string, learning: Omit<Learning, 'atUnixMs'>): Promise<RunView>;
  /** When the leases of all runs were last looked at, on CLOCK_BOOTTIME: an engine that turns does so every three seconds. */
  lastBeatAtMs(): number;
  /** Ends every run and waits a while for the receipts. */
  stop(): Promise<void>;
}
