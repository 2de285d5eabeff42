/** Looking for records of an audit in its files. */
import { basename } from 'node:path';
import type { JsonObject } from '../proto/struct.ts';
import { auditFiles, readAuditFile } from './audit-reading.ts';

/** All that are given must fit. */
export interface AuditQuery {
  /** Part of the name. */
  readonly by?: string;
  readonly action?: string;
  readonly subject?: string;
  readonly phase?: string;
  /** Anywhere in the record. */
  readonly text?: string;
  readonly sinceUnixMs?: number;
  readonly untilUnixMs?: number;
}

/** A record as it is exported: flat, with its place in the chain. */
export type FoundRecord = JsonObject & { readonly sequence: number; readonly hash: string };

/** In the order of the chain. @throws Error for a file that cannot be read, or a line whose hash is not its own. */
export async function* searchAudit(paths: readonly string[], query: AuditQuery): AsyncGenerator<FoundRecord> {
  for (const file of await auditFiles(paths)) {
    for await (const { line, number, isEnded } of readAuditFile(file)) {
      // What is being written just now is not there yet.
      if (!isEnded) continue;
      if (!line) throw new Error(`${basename(file)} line ${number} is damaged or was edited: audit verify says more`);
      if (fits(line.entry, query)) yield { sequence: line.sequence, ...line.entry, hash: line.hash };
    }
  }
}

function fits(entry: JsonObject, query: AuditQuery): boolean {
  const has = (key: 'by' | 'action' | 'subject' | 'phase', isWhole: boolean): boolean => {
    const wanted = query[key];
    if (wanted === undefined) return true;
    const value = String(entry[key] ?? '');
    return isWhole ? value === wanted : value.includes(wanted);
  };
  const atUnixMs = Number(entry.atUnixMs ?? 0);
  return (
    has('action', true) &&
    has('phase', true) &&
    has('by', false) &&
    has('subject', false) &&
    (query.sinceUnixMs === undefined || atUnixMs >= query.sinceUnixMs) &&
    (query.untilUnixMs === undefined || atUnixMs <= query.untilUnixMs) &&
    (query.text === undefined || JSON.stringify(entry).includes(query.text))
  );
}
