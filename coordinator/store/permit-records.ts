/** Approvals, and which runs have started by which intent. */
import type { Kysely } from 'kysely';
import type { PermitRecords } from '../engine/permits-port.ts';
import type { Tables } from './schema.ts';

/** Newer ones than these are all that a decision can need. */
const approvalsRead = 1000;

export function createPermitRecords(database: Kysely<Tables>): PermitRecords {
  return {
    async addApproval({ runId, experiment, scopeDigest, by, comment, atUnixMs }) {
      const row = { run_id: runId, experiment, scope_digest: scopeDigest, by_whom: by, comment, at_unix_ms: atUnixMs };
      await database.insertInto('approvals').values(row).execute();
    },
    async approvalsOf(experiment) {
      const rows = await database
        .selectFrom('approvals')
        .selectAll()
        .where('experiment', '=', experiment)
        .orderBy('at_unix_ms', 'desc')
        .limit(approvalsRead)
        .execute();
      return rows.map((row) => ({
        runId: row.run_id,
        experiment: row.experiment,
        scopeDigest: row.scope_digest,
        by: row.by_whom,
        comment: row.comment,
        atUnixMs: row.at_unix_ms,
      }));
    },
    takeIntent: (nonce, runId, runsMax) =>
      // Looks and takes in one transaction: two runs that start at once do not both get the last one.
      database.transaction().execute(async (transaction) => {
        const rows = await transaction.selectFrom('intent_runs').select('run_id').where('nonce', '=', nonce).execute();
        if (rows.some((row) => row.run_id === runId)) return true;
        if (rows.length >= runsMax) return false;
        await transaction.insertInto('intent_runs').values({ nonce, run_id: runId }).execute();
        return true;
      }),
    async intentRuns(nonce, exceptRunId) {
      const rows = await database.selectFrom('intent_runs').select('run_id').where('nonce', '=', nonce).execute();
      return rows.filter((row) => row.run_id !== exceptRunId).length;
    },
  };
}
