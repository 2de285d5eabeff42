/** The engine's store: runs with their histories, plans, the latch, resolutions, and the audit. */
import { join } from 'node:path';
import type { Kysely } from 'kysely';
import { auditRecord } from '../../shared/audit-chain.ts';
import { type Audit, openAudit } from '../../shared/audit-file.ts';
import { openHosts, type RunState } from '../core/run.ts';
import type { PermitRecords } from '../engine/permits-port.ts';
import type { RunEvent, Store, StoredPlan } from '../engine/ports.ts';
import type { ProgrammeRecords } from '../engine/programme-port.ts';
import { dropClaims, dropStaleClaims } from './claims.ts';
import { createDrillRecord, type DrillRecord } from './drill-record.ts';
import { openDatabase } from './open-database.ts';
import { createPermitRecords } from './permit-records.ts';
import { createProgrammeRecords } from './programme-records.ts';
import type { Tables } from './schema.ts';

export interface OpenStore extends Store {
  readonly programme: ProgrammeRecords;
  /** A file beside the database: an audit is checked where no database is. */
  readonly auditFile: Audit;
  readonly permits: PermitRecords;
  close(): Promise<void>;
}

/** @param program of the database's thread, `leash-store.js`. */
export async function openStore(directory: string, unixMs: () => number, program: string): Promise<OpenStore> {
  const { database, close } = await openDatabase(directory, program);
  try {
    await dropStaleClaims(database);
    const auditFile = await openAudit(join(directory, 'audit.jsonl'), { unixMs });
    return {
      ...createStore(database, auditFile, unixMs),
      ...createDrillRecord(directory),
      programme: createProgrammeRecords(database),
      permits: createPermitRecords(database),
      auditFile,
      async close() {
        try {
          await auditFile.close();
        } finally {
          await close();
        }
      },
    };
  } catch (error) {
    await close();
    throw error;
  }
}

function createStore(database: Kysely<Tables>, auditFile: Audit, unixMs: () => number): Omit<Store, keyof DrillRecord> {
  return {
    async saveRun(run, events) {
      const row = rowOf(run);
      await database.transaction().execute(async (transaction) => {
        await transaction
          .insertInto('runs')
          .values(row)
          .onConflict((conflict) => conflict.column('run_id').doUpdateSet(row))
          .execute();
        // Given back with the record of the end, and never before every host has confirmed.
        if (run.life.phase === 'ended' && row.is_owed === 0) await dropClaims(transaction, row.run_id);
        if (events.length > 0) await transaction.insertInto('run_events').values(events.map(eventRow)).execute();
      });
    },
    async findRun(runId) {
      const row = await database.selectFrom('runs').select('document').where('run_id', '=', runId).executeTakeFirst();
      return row && runOf(row);
    },
    async listRuns(runsMax) {
      const rows = await database
        .selectFrom('runs')
        .select('document')
        .orderBy('submitted_at_unix_ms', 'desc')
        .limit(runsMax)
        .execute();
      return rows.map(runOf);
    },
    async listUnfinishedRuns() {
      const rows = await database
        .selectFrom('runs')
        .select('document')
        .where((where) => where.or([where('phase', '!=', 'ended'), where('is_owed', '=', 1)]))
        .orderBy('submitted_at_unix_ms')
        .execute();
      return rows.map(runOf);
    },
    async eventsOf(runId) {
      const rows = await database
        .selectFrom('run_events')
        .selectAll()
        .where('run_id', '=', runId)
        .orderBy('sequence')
        .execute();
      return rows.map(eventOf);
    },
    async savePlan({ targetsDigest, scopeDigest, experiment, plans, targets }) {
      const document = JSON.stringify({ plans, targets });
      const row = { targets_digest: targetsDigest, scope_digest: scopeDigest, experiment, document };
      await database
        .insertInto('plans')
        .values(row)
        .onConflict((conflict) => conflict.column('targets_digest').doUpdateSet(row))
        .execute();
    },
    async findPlan(targetsDigest) {
      const row = await database
        .selectFrom('plans')
        .selectAll()
        .where('targets_digest', '=', targetsDigest)
        .executeTakeFirst();
      if (!row) return undefined;
      const { plans, targets } = JSON.parse(row.document) as Pick<StoredPlan, 'plans' | 'targets'>;
      return { targetsDigest, scopeDigest: row.scope_digest, experiment: row.experiment, plans, targets };
    },
    async readLatch() {
      const row = await database.selectFrom('latch').selectAll().executeTakeFirst();
      if (!row) return { isHalted: false, epoch: 0, reason: '', by: '' };
      const { epoch, reason, by_whom: by, request_id: requestId } = row;
      return { isHalted: row.is_halted === 1, epoch, reason, by, ...(requestId === '' ? {} : { requestId }) };
    },
    async writeLatch({ isHalted, epoch, reason, by, requestId = '' }) {
      const row = { id: 1, is_halted: isHalted ? 1 : 0, epoch, reason, by_whom: by, request_id: requestId };
      await database
        .insertInto('latch')
        .values(row)
        .onConflict((conflict) => conflict.column('id').doUpdateSet(row))
        .execute();
    },
    async addResolution({ host, by, reason }) {
      const row = { host, by_whom: by, reason, at_unix_ms: Math.round(unixMs()), is_closed: 0 };
      await database.insertInto('resolutions').values(row).execute();
      const rows = await database
        .selectFrom('resolutions')
        .selectAll()
        .where('host', '=', host)
        .where('is_closed', '=', 0)
        .orderBy('at_unix_ms')
        .execute();
      return rows.map((each) => ({ host: each.host, by: each.by_whom, reason: each.reason }));
    },
    async closeResolutions(host) {
      await database.updateTable('resolutions').set({ is_closed: 1 }).where('host', '=', host).execute();
    },
    async audit(entry) {
      await auditFile.append(auditRecord({ phase: 'intent', ...entry, atUnixMs: unixMs() }));
    },
  };
}

function rowOf(run: RunState): Tables['runs'] {
  return {
    run_id: run.facts.runId,
    experiment: run.facts.experiment.name,
    phase: run.life.phase,
    is_owed: openHosts(run).length > 0 ? 1 : 0,
    submitted_at_unix_ms: run.facts.submittedAtUnixMs,
    content_digest: run.facts.contentDigest ?? '',
    stage: run.facts.experiment.stage,
    result: run.life.phase === 'ended' ? run.life.result : '',
    ended_at_unix_ms: run.life.phase === 'ended' ? Math.round(run.life.endedAtUnixMs) : 0,
    document: JSON.stringify(run),
  };
}

/** Only this program writes the database, so what it reads is what it wrote. */
function runOf(row: { readonly document: string }): RunState {
  return JSON.parse(row.document) as RunState;
}

function eventRow(event: RunEvent): Tables['run_events'] {
  const { runId, sequence, atUnixMs, kind, host, text } = event;
  return { run_id: runId, sequence, at_unix_ms: atUnixMs, kind, host, text };
}

function eventOf(row: Tables['run_events']): RunEvent {
  const { run_id: runId, sequence, at_unix_ms: atUnixMs, kind, host, text } = row;
  return { runId, sequence, atUnixMs, kind: kind as RunEvent['kind'], host, text };
}
