/**
 * One line of the audit: JSON with a sequence number, the hash of the line before, and its own hash, which is taken over
 * the very bytes of the line, so that checking needs no canonical form.
 *
 *   {"sequence":2,"previous":"<64 hex>","entry":{…},"hash":"<64 hex>"}
 */
import { createHash } from 'node:crypto';
import type { JsonObject } from '../../proto/struct.ts';

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

/** @returns undefined for a line that is not whole, or whose hash is not its own. */
export function parseLine(line: string): AuditLine | undefined {
  const match = /^(.*),"hash":"([0-9a-f]{64})"\}$/s.exec(line);
  const [, body, hash] = match ?? [];
  if (body === undefined || hash === undefined || sha256(body) !== hash) return undefined;
  try {
    const json = JSON.parse(line) as AuditLine;
    return Number.isSafeInteger(json.sequence) && typeof json.previous === 'string' ? json : undefined;
  } catch {
    return undefined;
  }
}

export function follows(line: AuditLine, end: ChainEnd): boolean {
  return line.sequence === end.sequence + 1 && line.previous === end.hash;
}

function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
