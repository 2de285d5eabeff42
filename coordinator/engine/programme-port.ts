/** The programme as the engine needs it: its rules, and what is remembered across runs. */
import type { Claim, HeldClaim } from '../core/claims.ts';
import type { Experiment } from '../core/experiment.ts';
import type { Learning } from '../core/learning.ts';
import { noRules, type ProgrammeRules, type Recipe, type RecipeAnswer } from '../core/programme-rules.ts';
import type { Pass, Rehearsal } from '../core/promotion.ts';

/** Durable when a promise resolves. */
export interface ProgrammeRecords {
  /**
   * Takes all of it for a run or nothing, in one transaction with the look at what others have. What a run has is given
   * back with the record of its end, once every host has confirmed. Idempotent.
   *
   * @returns why not, in words; empty when it has it now.
   */
  claim(runId: string, experiment: string, wanted: readonly Claim[]): Promise<readonly string[]>;
  /** For a run that did not begin after all. */
  release(runId: string): Promise<void>;
  /** Of runs that have not ended, or whose hosts still owe a receipt. */
  claims(): Promise<readonly HeldClaim[]>;
  /** Runs of this content whose hypothesis held. */
  passes(contentDigest: string): Promise<readonly Pass[]>;
  rehearsals(contentDigest: string): Promise<readonly Rehearsal[]>;
  addRehearsal(contentDigest: string, rehearsal: Rehearsal): Promise<void>;
  learnings(runId: string): Promise<readonly Learning[]>;
  addLearning(runId: string, learning: Learning): Promise<void>;
}

export interface Programme {
  readonly rules: ProgrammeRules;
  readonly records: ProgrammeRecords;
  /** Of the experiment without its parameters: the same digest in each stage. */
  contentDigest(experiment: Experiment): string;
  /** Never rejects, and answers within a deadline. */
  try(recipe: Recipe): Promise<RecipeAnswer>;
  firstLine(path: string): Promise<string | undefined>;
}

/** For an engine without one, such as in a simulated world: nothing is asked, and nothing but leases is remembered. */
export const withoutProgramme: Programme = {
  rules: noRules,
  records: {
    claim: async () => [],
    release: async () => undefined,
    claims: async () => [],
    passes: async () => [],
    rehearsals: async () => [],
    addRehearsal: async () => undefined,
    learnings: async () => [],
    addLearning: async () => undefined,
  },
  contentDigest: () => '',
  try: async () => ({ isGood: false, detail: 'no programme is kept here' }),
  firstLine: async () => undefined,
};
