/** The tables, and the migrations that make them. Each migration runs once, in order, in a transaction of its own. */
import type { Kysely } from 'kysely';

export interface Tables {
  runs: {
    run_id: string;
    experiment: string;
    phase: string;
    /** 1 while a host owes a receipt. */
    is_owed: number;
    submitted_at_unix_ms: number;
    /** The next four are for what a programme remembers; empty or 0 until they are known. */
    content_digest: string;
    stage: string;
    result: string;
    ended_at_unix_ms: number;
    /** The whole run as JSON. */
    document: string;
  };
  run_events: {
    run_id: string;
    sequence: number;
    at_unix_ms: number;
    kind: string;
    host: string;
    text: string;
  };
  plans: {
    targets_digest: string;
    scope_digest: string;
    experiment: string;
    /** The plans and their targets as JSON. */
    document: string;
  };
  latch: {
    /** Always 1: there is one latch. */
    id: number;
    is_halted: number;
    epoch: number;
    reason: string;
    by_whom: string;
    /** Empty when no halt is in force. */
    request_id: string;
  };
  resolutions: {
    host: string;
    by_whom: string;
    reason: string;
    at_unix_ms: number;
    is_closed: number;
  };
  /** Of the time before the audit was a file: it is kept, and nothing is added. */
  audit: {
    sequence: number;
    at_unix_ms: number;
    by_whom: string;
    action: string;
    subject: string;
    detail: string;
    hash: string;
  };
  claims: {
    kind: string;
    name: string;
    run_id: string;
    experiment: string;
    is_shared: number;
  };
  rehearsals: {
    rehearsal_id: string;
    content_digest: string;
    stage: string;
    is_passed: number;
    at_unix_ms: number;
  };
  learnings: {
    run_id: string;
    at_unix_ms: number;
    by_whom: string;
    /** Findings and action items as JSON. */
    document: string;
  };
  approvals: {
    run_id: string;
    experiment: string;
    scope_digest: string;
    by_whom: string;
    comment: string;
    at_unix_ms: number;
  };
  /** Which runs have started by which intent. */
  intent_runs: {
    nonce: string;
    run_id: string;
  };
  migrations: { number: number };
}

type Migration = (database: Kysely<Tables>) => Promise<void>;

const migrations: readonly Migration[] = [
  async ({ schema }) => {
    await schema
      .createTable('runs')
      .addColumn('run_id', 'text', (column) => column.primaryKey())
      .addColumn('experiment', 'text', (column) => column.notNull())
      .addColumn('phase', 'text', (column) => column.notNull())
      .addColumn('is_owed', 'integer', (column) => column.notNull())
      .addColumn('submitted_at_unix_ms', 'integer', (column) => column.notNull())
      .addColumn('document', 'text', (column) => column.notNull())
      .execute();
    await schema.createIndex('runs_by_time').on('runs').column('submitted_at_unix_ms').execute();
    await schema
      .createTable('run_events')
      .addColumn('run_id', 'text', (column) => column.notNull())
      .addColumn('sequence', 'integer', (column) => column.notNull())
      .addColumn('at_unix_ms', 'integer', (column) => column.notNull())
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('host', 'text', (column) => column.notNull())
      .addColumn('text', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('run_events_key', ['run_id', 'sequence'])
      .execute();
    await schema
      .createTable('plans')
      .addColumn('targets_digest', 'text', (column) => column.primaryKey())
      .addColumn('scope_digest', 'text', (column) => column.notNull())
      .addColumn('experiment', 'text', (column) => column.notNull())
      .addColumn('document', 'text', (column) => column.notNull())
      .execute();
    await schema
      .createTable('latch')
      .addColumn('id', 'integer', (column) => column.primaryKey())
      .addColumn('is_halted', 'integer', (column) => column.notNull())
      .addColumn('epoch', 'integer', (column) => column.notNull())
      .addColumn('reason', 'text', (column) => column.notNull())
      .addColumn('by_whom', 'text', (column) => column.notNull())
      .execute();
    await schema
      .createTable('resolutions')
      .addColumn('host', 'text', (column) => column.notNull())
      .addColumn('by_whom', 'text', (column) => column.notNull())
      .addColumn('reason', 'text', (column) => column.notNull())
      .addColumn('at_unix_ms', 'integer', (column) => column.notNull())
      .addColumn('is_closed', 'integer', (column) => column.notNull())
      .execute();
    await schema
      .createTable('audit')
      .addColumn('sequence', 'integer', (column) => column.primaryKey())
      .addColumn('at_unix_ms', 'integer', (column) => column.notNull())
      .addColumn('by_whom', 'text', (column) => column.notNull())
      .addColumn('action', 'text', (column) => column.notNull())
      .addColumn('subject', 'text', (column) => column.notNull())
      .addColumn('detail', 'text', (column) => column.notNull())
      .addColumn('hash', 'text', (column) => column.notNull())
      .execute();
  },
  async ({ schema }) => {
    for (const name of ['content_digest', 'stage', 'result'] as const) {
      await schema
        .alterTable('runs')
        .addColumn(name, 'text', (column) => column.notNull().defaultTo(''))
        .execute();
    }
    await schema
      .alterTable('runs')
      .addColumn('ended_at_unix_ms', 'integer', (column) => column.notNull().defaultTo(0))
      .execute();
    await schema.createIndex('runs_by_content').on('runs').column('content_digest').execute();
    await schema
      .createTable('claims')
      .addColumn('kind', 'text', (column) => column.notNull())
      .addColumn('name', 'text', (column) => column.notNull())
      .addColumn('run_id', 'text', (column) => column.notNull())
      .addColumn('experiment', 'text', (column) => column.notNull())
      .addColumn('is_shared', 'integer', (column) => column.notNull())
      .addPrimaryKeyConstraint('claims_key', ['kind', 'name', 'run_id'])
      .execute();
    await schema
      .createTable('rehearsals')
      .addColumn('rehearsal_id', 'text', (column) => column.primaryKey())
      .addColumn('content_digest', 'text', (column) => column.notNull())
      .addColumn('stage', 'text', (column) => column.notNull())
      .addColumn('is_passed', 'integer', (column) => column.notNull())
      .addColumn('at_unix_ms', 'integer', (column) => column.notNull())
      .execute();
    await schema
      .createTable('learnings')
      .addColumn('run_id', 'text', (column) => column.notNull())
      .addColumn('at_unix_ms', 'integer', (column) => column.notNull())
      .addColumn('by_whom', 'text', (column) => column.notNull())
      .addColumn('document', 'text', (column) => column.notNull())
      .execute();
  },
  async ({ schema }) => {
    await schema
      .createTable('approvals')
      .addColumn('run_id', 'text', (column) => column.notNull())
      .addColumn('experiment', 'text', (column) => column.notNull())
      .addColumn('scope_digest', 'text', (column) => column.notNull())
      .addColumn('by_whom', 'text', (column) => column.notNull())
      .addColumn('comment', 'text', (column) => column.notNull())
      .addColumn('at_unix_ms', 'integer', (column) => column.notNull())
      .execute();
    await schema.createIndex('approvals_by_experiment').on('approvals').column('experiment').execute();
    await schema
      .createTable('intent_runs')
      .addColumn('nonce', 'text', (column) => column.notNull())
      .addColumn('run_id', 'text', (column) => column.notNull())
      .addPrimaryKeyConstraint('intent_runs_key', ['nonce', 'run_id'])
      .execute();
  },
  async ({ schema }) => {
    await schema
      .alterTable('latch')
      .addColumn('request_id', 'text', (column) => column.notNull().defaultTo(''))
      .execute();
  },
];

/** @throws Error for a database that a newer version has written: it is not guessed at. */
export async function migrate(database: Kysely<Tables>): Promise<void> {
  await database.schema
    .createTable('migrations')
    .ifNotExists()
    .addColumn('number', 'integer', (column) => column.primaryKey())
    .execute();
  const done = await database.selectFrom('migrations').select('number').execute();
  const last = Math.max(0, ...done.map((row) => row.number));
  if (last > migrations.length) {
    throw new Error(`the database is at version ${last}, and this program knows ${migrations.length}`);
  }
  for (const [index, migration] of migrations.entries()) {
    if (index < last) continue;
    await database.transaction().execute(async (transaction) => {
      await migration(transaction);
      await transaction
        .insertInto('migrations')
        .values({ number: index + 1 })
        .execute();
    });
  }
}
