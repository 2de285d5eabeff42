/** The audit: a gap-free sequence in which each record carries the hash of all before it. */
import { createHash } from 'node:crypto';
import type { Kysely } from 'kysely';
import type { AuditEntry } from '../engine/ports.ts';
import type { Tables } from './schema.ts';

type AuditRow = Tables['audit'];

/** Resolves when the record is durable. */
export async function appendAudit(database: Kysely<Tables>, entry: AuditEntry, atUnixMs: number): Promise<void> {
  await database.transaction().execute(async (transaction) => {
    const last = await transaction
      .selectFrom('audit')
      .select(['sequence', 'hash'])
      .orderBy('sequence', 'desc')
      .limit(1)
      .executeTakeFirst();
    const row = {
      sequence: (last?.sequence ?? 0) + 1,
      at_unix_ms: atUnixMs,
      by_whom: entry.by,
      action: entry.action,
      subject: entry.subject,
      detail: entry.detail,
    };
    await transaction
      .insertInto('audit')
      .values({ ...row, hash: hashOf(last?.hash ?? '', row) })
      .execute();
  });
}

/** @returns the sequence of the first record that does not follow from the one before it, or undefined. */
export async function firstBrokenAudit(database: Kysely<Tables>): Promise<number | undefined> {
  let before = '';
  let sequence = 0;
  for (const { hash, ...row } of await database.selectFrom('audit').selectAll().orderBy('sequence').execute()) {
    sequence += 1;
    if (row.sequence !== sequence || hash !== hashOf(before, row)) return sequence;
    before = hash;
  }
  return undefined;
}

function hashOf(before: string, row: Omit<AuditRow, 'hash'>): string {
  const { sequence, at_unix_ms, by_whom, action, subject, detail } = row;
  const text = JSON.stringify([before, sequence, at_unix_ms, by_whom, action, subject, detail]);
  return createHash('sha256').update(text).digest('hex');
}
