/**
 * The audit of either side: one record a line, as JSON with a sequence number, the hash of the line before, and its own
 * hash, which is taken over the very bytes of the line, so that checking needs no canonical form.
 *
 *   {"sequence":2,"previous":"<64 hex>","entry":{…},"hash":"<64 hex>"}
 */
import { createHash } from 'node:crypto';
import type { Json, JsonObject } from '../proto/struct.ts';

/** What happened, in the words that both sides use. More keys may stand beside these. */
export interface AuditRecord {
  readonly [key: string]: Json;
  /** When, by the wall clock of whoever writes. */
  readonly atUnixMs: number;
  /** An intent is on the disk before its act, the outcome comes after it; a refusal changed nothing. */
  readonly phase: 'intent' | 'outcome' | 'refusal' | 'note';
  /** Who: a name that a certificate, the kernel or a token vouches for. */
  readonly by: string;
  /** What. */
  readonly action: string;
  /** To what: a fault, a run, a host. Empty where the action says it. */
  readonly subject: string;
  /** Why, or how it came out. */
  readonly detail: string;
  /** Of what was decided on: targets or scope, as "sha256:…". Empty where there is nothing of that kind. */
  readonly digest: string;
}

/** A record of which some parts are left to their defaults. */
export function auditRecord(
  record: Pick<AuditRecord, 'atUnixMs' | 'action' | 'by'> & Partial<AuditRecord>,
): AuditRecord {
  const { atUnixMs, phase = 'note', by, action, subject = '', detail = '', digest = '', ...more } = record;
  const shown = detail.length > detailMax ? `${detail.slice(0, detailMax - 1)}…` : detail;
  return { atUnixMs: Math.round(atUnixMs), phase, by, action, subject, detail: shown, digest, ...(more as JsonObject) };
}

/** Characters: ten thousand hosts that did not answer still make one record. */
const detailMax = 8192;

/** What says something about the audit itself and nothing about the world. */
export const housekeeping: readonly string[] = ['checkpoint', 'witnessed'];

/** The last line of a chain, or what stands before the first. */
export interface ChainEnd {
  readonly sequence: number;
  readonly hash: string;
}

export interface AuditLine extends ChainEnd {
  readonly previous: string;
  readonly entry: JsonObject;
}

export const emptyChain: ChainEnd = { sequence: 0, hash: '0'.repeat(64) };
export const lineBytesMax = 256 * 1024;

/** @returns the line without its newline, and the new end of the chain. @throws RangeError above 256 KiB. */
export function nextLine(end: ChainEnd, entry: JsonObject): { readonly line: string; readonly end: ChainEnd } {
  const sequence = end.sequence + 1;
  const body = `{"sequence":${sequence},"previous":"${end.hash}","entry":${JSON.stringify(entry)}`;
  const hash = sha256(body);
  const line = `${body},"hash":"${hash}"}`;
  if (Buffer.byteLength(line) >= lineBytesMax) throw new RangeError(`an audit entry is at most ${lineBytesMax} bytes`);
  return { line, end: { sequence, hash } };
}

/** `,"hash":"<64 hex>"}` */
const endExpression = /^,"hash":"([0-9a-f]{64})"\}$/;
const endBytes = 75;
const decoder = new TextDecoder('utf-8', { fatal: true });

/**
 * @param line its bytes, without the newline: a text would hide those that are not UTF-8.
 * @returns undefined for a line that is not whole, or whose hash is not its own.
 */
export function parseLine(line: Uint8Array): AuditLine | undefined {
  const bytes = Buffer.from(line.buffer, line.byteOffset, line.byteLength);
  const cut = bytes.length - endBytes;
  const hash = cut > 0 ? endExpression.exec(bytes.toString('latin1', cut))?.[1] : undefined;
  if (hash === undefined || sha256(bytes.subarray(0, cut)) !== hash) return undefined;
  try {
    const json = JSON.parse(decoder.decode(bytes)) as AuditLine;
    return Number.isSafeInteger(json.sequence) && typeof json.previous === 'string' ? json : undefined;
  } catch {
    return undefined;
  }
}

export function follows(line: AuditLine, end: ChainEnd): boolean {
  return line.sequence === end.sequence + 1 && line.previous === end.hash;
}

function sha256(given: string | Uint8Array): string {
  return createHash('sha256').update(given).digest('hex');
}
