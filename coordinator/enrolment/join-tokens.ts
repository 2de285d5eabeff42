/**
 * Join tokens on disk: one file each, named for the SHA-256 of its secret, so that whoever reads the directory cannot
 * use what is in it. Taking a token is a rename, of which the kernel lets exactly one succeed: a token is used once,
 * whatever crashes and whoever else asks at the same time.
 */
import { createHash, randomBytes } from 'node:crypto';
import { chownSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';

export interface JoinGrant {
  /** The host that may use it; any that has not joined before, where it is absent. */
  readonly name?: string | undefined;
  readonly labels: Readonly<Record<string, string>>;
  readonly expiresAtUnixMs: number;
}

export type JoinRefusal = 'unknown' | 'used' | 'expired' | 'other-host';

export const hostName = z.string().regex(/^[A-Za-z0-9._-]{1,64}$/, 'must be 1 to 64 of A-Z a-z 0-9 . _ -');
export const hostLabels = z
  .record(z.string().regex(/^[A-Za-z0-9._/-]{1,64}$/), z.string().min(1).max(256))
  .refine((labels) => Object.keys(labels).length <= 64, 'must be at most 64');

const schema = z.strictObject({ name: hostName.optional(), labels: hostLabels, expiresAtUnixMs: z.number() });

/** @returns the secret, which is nowhere else. */
export function createJoinGrant(directory: string, grant: JoinGrant): string {
  const secret = randomBytes(32).toString('base64url');
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const path = pathOf(directory, secret);
  writeFileSync(path, `${JSON.stringify(grant)}\n`, { mode: 0o600, flag: 'wx' });
  giveToOwnerOf(dirname(directory), directory, path);
  return secret;
}

/** Looks, and takes nothing. */
export function findJoinGrant(
  directory: string,
  secret: string,
  host: string,
  nowUnixMs: number,
): JoinGrant | JoinRefusal {
  const text = readOr(pathOf(directory, secret));
  if (text === undefined) return readOr(usedPathOf(directory, secret)) === undefined ? 'unknown' : 'used';
  const grant = schema.parse(JSON.parse(text));
  if (nowUnixMs >= grant.expiresAtUnixMs) return 'expired';
  return grant.name !== undefined && grant.name !== host ? 'other-host' : grant;
}

/** @returns false when somebody else has just used it. */
export function takeJoinGrant(directory: string, secret: string): boolean {
  try {
    renameSync(pathOf(directory, secret), usedPathOf(directory, secret));
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
    throw error;
  }
}

/** Root makes tokens for a coordinator that runs as a user of its own. */
function giveToOwnerOf(owned: string, ...paths: readonly string[]): void {
  if (process.geteuid?.() !== 0) return;
  const { uid, gid } = statSync(owned);
  for (const path of paths) chownSync(path, uid, gid);
}

function pathOf(directory: string, secret: string): string {
  return join(directory, `${createHash('sha256').update(secret).digest('hex')}.json`);
}

function usedPathOf(directory: string, secret: string): string {
  return `${pathOf(directory, secret)}.used`;
}

function readOr(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
