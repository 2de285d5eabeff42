/** What an organisation asks of every experiment, beside what each file and each host says. */
import type { Stage } from '../../proto/stage.ts';
import type { Probe } from './experiment.ts';
import type { PromotionRules } from './promotion.ts';

/** Something that can be looked at from where the coordinator is, and is good or not. */
export type Recipe =
  | { readonly kind: 'http'; readonly probe: Probe }
  | {
      readonly kind: 'file';
      readonly path: string;
      /** Text that must be in it. */
      readonly contains?: string;
      /** It must have been written within this time. */
      readonly newerThanMs?: number;
    };

export interface RecipeAnswer {
  readonly isGood: boolean;
  /** In words. */
  readonly detail: string;
}

export interface ProgrammeRules {
  /** Absent only where no programme is kept, such as in a simulated world. */
  readonly promotion?: PromotionRules;
  /** How long the drill of an abort rule counts; absent: for ever. */
  readonly drillWithinMs?: number;
  /** From this stage on, a file must have all that a catalog entry needs. */
  readonly metadataFrom?: Stage;
  /** By name; experiments name them as preconditions. */
  readonly recipes: Readonly<Record<string, Recipe>>;
  /** Recipes that must be good before anything starts: a scrape is healthy, traces arrive. */
  readonly observability: readonly string[];
  readonly liveIncident: {
    /** A file on the coordinator's machine: while it is there, nothing starts. */
    readonly flag?: string;
    /** Recipes that are good while there is no incident. */
    readonly recipes: readonly string[];
  };
  /** Who is called when it goes wrong. */
  readonly onCall: {
    readonly name?: string;
    /** Its first line names them. */
    readonly file?: string;
  };
  /** Each host must have all labels of one of these; without any, every host of the inventory is in. */
  readonly scope: readonly Readonly<Record<string, string>>[];
  /** Where the traces of a run are; {runId} is replaced. */
  readonly traceLink?: string;
}

export const noRules: ProgrammeRules = {
  recipes: {},
  observability: [],
  liveIncident: { recipes: [] },
  onCall: {},
  scope: [],
};

const dayMs = 86_400_000;

/** What holds where the programme's file does not say otherwise. */
export const defaultRules: ProgrammeRules = {
  ...noRules,
  promotion: { withinMs: 30 * dayMs },
  drillWithinMs: 30 * dayMs,
  metadataFrom: 'staging',
};
