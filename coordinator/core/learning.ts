/** What people found in a run, and what they mean to do about it. */
export interface Learning {
  readonly atUnixMs: number;
  readonly by: string;
  readonly findings: readonly string[];
  readonly actions: readonly ActionItem[];
}

export interface ActionItem {
  readonly text: string;
  /** Who does it; empty: nobody yet. */
  readonly owner: string;
}
