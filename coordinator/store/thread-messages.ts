/** Between the coordinator and the thread that has its database. */

export interface ThreadOrder {
  /** Of the database. */
  readonly path: string;
  /** As it is told to people. */
  readonly directory: string;
}

/** Answered in their order. */
export type Question =
  | { readonly type: 'query'; readonly id: number; readonly sql: string; readonly parameters: readonly unknown[] }
  | { readonly type: 'close' };

export interface Answer {
  readonly id: number;
  readonly rows: readonly unknown[];
  readonly changes: number;
  /** Why there is none. */
  readonly problem?: string;
}
