/** What a programme remembers across runs: passes, rehearsals, claims, and what people learned. */
import type { Kysely } from 'kysely';
import type { Stage } from '../../proto/stage.ts';
import type { Learning } from '../core/learning.ts';
import type { ProgrammeRecords } from '../engine/programme-port.ts';
import { dropClaims, readClaims, takeClaims } from './claims.ts';
import type { Tables } from './schema.ts';

export function createProgrammeRecords(database: Kysely<Tables>): ProgrammeRecords {
  return {
    async claim(runId, experiment, wanted) {
      try {
        return await takeClaims(database, { runId, experiment, wanted });
      } catch (error) {
        // A disk that was late may have taken them after all, and nobody knows of it: they are given back behind it.
        dropClaims(database, runId).catch(() => undefined);
        throw error;
      }
    },
    release: (runId) => dropClaims(database, runId),
    claims: () => readClaims(database),
    async passes(contentDigest) {
      const rows = await database
        .selectFrom('runs')
        .select(['run_id', 'stage', 'ended_at_unix_ms'])
        .where('content_digest', '=', contentDigest)
        .where('content_digest', '!=', '')
        .where('result', '=', 'held')
        .execute();
      return rows.map((row) => ({
        runId: row.run_id,
        stage: row.stage as Stage,
        endedAtUnixMs: row.ended_at_unix_ms,
      }));
    },
    async rehearsals(contentDigest) {
      const rows = await database
        .selectFrom('rehearsals')
        .selectAll()
        .where('content_digest', '=', contentDigest)
        .where('content_digest', '!=', '')
        .execute();
      return rows.map((row) => ({
        rehearsalId: row.rehearsal_id,
        stage: row.stage as Stage,
        isPassed: row.is_passed === 1,
        atUnixMs: row.at_unix_ms,
      }));
    },
    async addRehearsal(contentDigest, { rehearsalId, stage, isPassed, atUnixMs }) {
      const row = {
        rehearsal_id: rehearsalId,
        content_digest: contentDigest,
        stage,
        is_passed: isPassed ? 1 : 0,
        at_unix_ms: Math.round(atUnixMs),
      };
      await database.insertInto('rehearsals').values(row).execute();
    },
    async learnings(runId) {
      const rows = await database
        .selectFrom('learnings')
        .selectAll()
        .where('run_id', '=', runId)
        .orderBy('at_unix_ms')
        .execute();
      return rows.map((row) => ({
        ...(JSON.parse(row.document) as Pick<Learning, 'findings' | 'actions'>),
        atUnixMs: row.at_unix_ms,
        by: row.by_whom,
      }));
    },
    async addLearning(runId, { atUnixMs, by, findings, actions }) {
      const document = JSON.stringify({ findings, actions });
      const row = { run_id: runId, at_unix_ms: Math.round(atUnixMs), by_whom: by, document };
      await database.insertInto('learnings').values(row).execute();
    },
  };
}
