/** What an authority has issued, and what of it was revoked: two files beside its key. */
import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { type Principal, principalUri } from '../../proto/role.ts';
import { type CertificateMark, readDenyList } from '../../shared/deny-list.ts';
import { denyListName, TlsProblem } from '../../shared/tls-files.ts';

export interface Issued extends CertificateMark {
  /** spiffe://TRUST-DOMAIN/ROLE/NAME */
  readonly name: string;
  readonly notAfterUnixMs: number;
  readonly state: 'valid' | 'expired' | 'revoked';
}

const rowSchema = z.strictObject({
  name: z.string(),
  serialNumber: z.string(),
  fingerprint256: z.string(),
  notAfterUnixMs: z.number(),
});

/** Before the files are written: a certificate that nobody knows of could not be revoked. */
export function noteIssued(
  authorityDirectory: string,
  issued: CertificateMark & { readonly principal: Principal; readonly notAfterUnixMs: number },
): void {
  const { principal, serialNumber, fingerprint256, notAfterUnixMs } = issued;
  const row = { name: principalUri(principal), serialNumber, fingerprint256, notAfterUnixMs };
  appendFileSync(join(authorityDirectory, 'issued.jsonl'), `${JSON.stringify(row)}\n`, { mode: 0o600 });
}

/** The oldest first. @throws TlsProblem for a line that is not right. */
export function listIssued(authorityDirectory: string, nowUnixMs: number): readonly Issued[] {
  const denyList = readDenyList(join(authorityDirectory, denyListName));
  return readRows(join(authorityDirectory, 'issued.jsonl')).map((row) => {
    const state = denyList.denies(row) ? 'revoked' : nowUnixMs >= row.notAfterUnixMs ? 'expired' : 'valid';
    return { ...row, state };
  });
}

/**
 * Adds to the authority's deny.list, which then goes beside ca.crt wherever one of its certificates is shown.
 * @param isMeant of those that are still valid.
 * @returns those that were added.
 */
export function revokeIssued(
  authorityDirectory: string,
  order: { readonly reason: string; readonly nowUnixMs: number; isMeant(issued: Issued): boolean },
): readonly Issued[] {
  const meant = listIssued(authorityDirectory, order.nowUnixMs).filter(
    (each) => each.state === 'valid' && order.isMeant(each),
  );
  const at = new Date(order.nowUnixMs).toISOString();
  const reason = order.reason.replaceAll(/\s+/g, ' ').trim();
  const lines = meant.map(({ serialNumber, name }) => `${serialNumber} # ${name}, ${at}${reason && `: ${reason}`}\n`);
  appendFileSync(join(authorityDirectory, denyListName), lines.join(''), { mode: 0o644 });
  return meant;
}

function readRows(path: string): readonly z.infer<typeof rowSchema>[] {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  return text
    .split('\n')
    .map((line, index) => ({ line, where: `${path}:${index + 1}` }))
    .filter(({ line }) => line !== '')
    .map(({ line, where }) => {
      try {
        return rowSchema.parse(JSON.parse(line));
      } catch {
        throw new TlsProblem('files', `${where}: is no line of an authority's list; take it out`);
      }
    });
}
