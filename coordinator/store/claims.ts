/** Who has which zone and service. A claim is in force for as long as its run may still hurt something. */
import type { Kysely } from 'kysely';
import { type Claim, claimConflicts, type HeldClaim } from '../core/claims.ts';
import type { Tables } from './schema.ts';

/** Looks and takes in one transaction: of several at once, one gets it and the others are told who has it. */
export function takeClaims(
  database: Kysely<Tables>,
  { runId, experiment, wanted }: { runId: string; experiment: string; wanted: readonly Claim[] },
): Promise<readonly string[]> {
  return database.transaction().execute(async (transaction) => {
    const conflicts = claimConflicts(runId, wanted, await readClaims(transaction));
    if (conflicts.length > 0 || wanted.length === 0) return conflicts;
    await transaction
      .insertInto('claims')
      .values(
        wanted.map(({ kind, name, isShared }) => ({
          kind,
          name,
          run_id: runId,
          experiment,
          is_shared: isShared ? 1 : 0,
        })),
      )
      .onConflict((conflict) =>
        conflict
          .columns(['kind', 'name', 'run_id'])
          .doUpdateSet((row) => ({ is_shared: row.ref('excluded.is_shared') })),
      )
      .execute();
    return [];
  });
}

export async function readClaims(database: Kysely<Tables>): Promise<readonly HeldClaim[]> {
  const rows = await database.selectFrom('claims').selectAll().orderBy('kind').orderBy('name').execute();
  return rows.map(({ kind, name, run_id, experiment, is_shared }) => ({
    kind: kind as Claim['kind'],
    name,
    runId: run_id,
    experiment,
    isShared: is_shared === 1,
  }));
}

export async function dropClaims(database: Kysely<Tables>, runId: string): Promise<void> {
  await database.deleteFrom('claims').where('run_id', '=', runId).execute();
}

/** At the start: a coordinator that died between the claim and the record of the start left one that nobody gives back. */
export async function dropStaleClaims(database: Kysely<Tables>): Promise<void> {
  await database
    .deleteFrom('claims')
    .where('run_id', 'not in', (select) =>
      select
        .selectFrom('runs')
        .select('run_id')
        .where((where) =>
          where.or([where('phase', 'in', ['baseline', 'running', 'ending']), where('is_owed', '=', 1)]),
        ),
    )
    .execute();
}
