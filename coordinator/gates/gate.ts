/**
 * The contract of a gate: one file of this folder implements it, and one line of `index.ts` lists it. A gate looks at a
 * plan and says whether it may run; all gates are asked, and all reasons are told at once. A gate that fails to answer
 * has said no.
 */
import type { Stage } from '../../proto/stage.ts';
import type { Asker } from '../core/access.ts';
import type { HeldClaim } from '../core/claims.ts';
import type { ErrorBudget } from '../core/error-budget.ts';
import type { Experiment, LoadStep, Probe } from '../core/experiment.ts';
import type { GateVerdict } from '../core/gate-verdict.ts';
import type { HostPlan } from '../core/plan.ts';
import type { ProbeSample } from '../core/probe-window.ts';
import type { ProgrammeRules, Recipe, RecipeAnswer } from '../core/programme-rules.ts';
import type { Pass, Rehearsal } from '../core/promotion.ts';
import type { RunState } from '../core/run.ts';
import type { PermitsView } from './permits.ts';

export interface GateInput {
  readonly experiment: Experiment;
  /** What people approve: of this experiment on these hosts. */
  readonly scopeDigest: string;
  /** `step`: just before a group of a run that has started. */
  readonly moment: 'start' | 'step';
  /** The run that asks; absent for a dry run. */
  readonly runId?: string;
  /** Who would start it, or did; absent where a world has no callers. */
  readonly asker?: Asker;
  /** Of the hosts that the plan is about. */
  readonly hosts: readonly GateHost[];
  /** Of the whole inventory. */
  readonly fleetSize: number;
  /** What would happen, for each step and host; only the steps that are about to run. */
  readonly plans: readonly HostPlan[];
  /** Why no hosts could be chosen, one for each step where it is so. */
  readonly selectionProblems: readonly string[];
  /** The coordinator's own latch. */
  readonly latch: { readonly isHalted: boolean; readonly reason: string; readonly by: string };
  /** Every run that is going on, or that a host still owes a receipt for. */
  readonly runs: readonly RunState[];
  /** The newest runs, of any age, those that have ended among them. */
  pastRuns?(): Promise<readonly RunState[]>;
  /** Absent where there are no SLOs. */
  readonly errorBudgets?: {
    startMinPercent(stage: Stage): number;
    readonly floorMinPercent: number;
    budgetsOf(experiment: Experiment): Promise<readonly ErrorBudget[]>;
  };
  /** Why the coordinator does not drive this traffic; absent where it drives none. */
  loadRefusals?(step: LoadStep): Promise<readonly string[]>;
  /** Asks a probe once, now. */
  ask(probe: Probe): Promise<ProbeSample>;
  readonly programme: ProgrammeView;
  /** Absent where no permits are kept, such as in a simulated world. */
  readonly permits?: PermitsView;
}

/** What the programme asks, and what it remembers of this very experiment. */
export interface ProgrammeView {
  readonly rules: ProgrammeRules;
  readonly contentDigest: string;
  readonly passes: readonly Pass[];
  readonly rehearsals: readonly Rehearsal[];
  /** Of all runs that are going on, this one included. */
  readonly claims: readonly HeldClaim[];
  readonly nowUnixMs: number;
  try(recipe: Recipe): Promise<RecipeAnswer>;
  /** The first line of a file on the coordinator's machine; undefined where there is no such file. @throws when it cannot be read */
  firstLine(path: string): Promise<string | undefined>;
}

export interface GateHost {
  readonly name: string;
  readonly isConnected: boolean;
  readonly labels: Readonly<Record<string, string>>;
  /** By the host's own policy; absent when it never answered. */
  readonly stage?: string;
  /** How long a fault may last there, in its own words; absent when it never answered. */
  readonly durationMax?: string;
  readonly isHalted: boolean;
  readonly haltReason: string;
  readonly error?: string;
}

export interface Gate {
  readonly name: string;
  /** `start`: once, before a run begins. `step`: again just before each group. */
  readonly when: 'start' | 'start-and-step';
  /** What it asks for may still come: where nothing else refuses, the run goes on waiting instead of ending. */
  readonly isWaitedFor?: true;
  /** @returns why not, each with its number and bound; empty when it may; or, for the reader, what was found good. */
  evaluate(input: GateInput): GateAnswer | Promise<GateAnswer>;
}

export interface GateAnswer {
  readonly refusals: readonly string[];
  /** What was looked at when nothing refused: "2 hosts, at most 2 allowed". */
  readonly found: string;
  /** What would have to change, told where it refused. */
  readonly remedies?: readonly string[];
}

/** Asks them all; the order of the answers is the order of the gates. */
export function evaluateGates(gates: readonly Gate[], input: GateInput): Promise<readonly GateVerdict[]> {
  return Promise.all(gates.map((gate) => verdictOf(gate, input)));
}

async function verdictOf(gate: Gate, input: GateInput): Promise<GateVerdict> {
  try {
    const { refusals, found, remedies = [] } = await gate.evaluate(input);
    if (refusals.length === 0) return { gate: gate.name, passed: true, message: found };
    return { gate: gate.name, passed: false, message: refusals.join('; '), remedies };
  } catch (error) {
    const message = `could not be evaluated: ${error instanceof Error ? error.message : String(error)}`;
    return { gate: gate.name, passed: false, message };
  }
}
