/** The token of whoever logged in, kept in a file of their own. */
import { readFileSync, rmSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { ensurePrivateDirectory, replaceFile } from '../../shared/durable-file.ts';
import { CliFailure, exitCodes } from './exit-code.ts';
import type { Programs } from './programs.ts';

const schema = z.object({
  version: z.literal(1),
  issuer: z.string(),
  token: z.string(),
  expiresAtUnixMs: z.number(),
  /** Where the provider lets it be renewed. */
  renewal: z.object({ refreshToken: z.string(), clientId: z.string(), caFile: z.string().optional() }).optional(),
});

export type SavedLogin = Omit<z.output<typeof schema>, 'version'>;

export async function saveLogin(environment: NodeJS.ProcessEnv, login: SavedLogin): Promise<string> {
  const path = loginPath(environment);
  await ensurePrivateDirectory(dirname(path));
  await replaceFile(path, `${JSON.stringify({ version: 1, ...login })}\n`);
  return path;
}

export function forgetLogin(environment: NodeJS.ProcessEnv): void {
  rmSync(loginPath(environment), { force: true });
}

export interface TokenSource {
  readonly environment: NodeJS.ProcessEnv;
  /** One that holds nothing but a token; the saved login where it is undefined. */
  readonly file: string | undefined;
  readonly renewLogin: Programs['renewLogin'];
}

/** A login that has run out is renewed where the provider lets it. @throws CliFailure */
export async function readToken({ environment, file, renewLogin }: TokenSource): Promise<string> {
  if (file !== undefined) return readPrivate(file).trim();
  const login = readLogin(environment);
  if (isInForce(login)) return login.token;
  const at = new Date(login.expiresAtUnixMs).toISOString();
  const ranOut = `the login at ${login.issuer} ran out at ${at}`;
  const { issuer, renewal } = login;
  if (!renewal) throw new CliFailure(exitCodes.notAllowed, `${ranOut}: leash login`);
  try {
    const ca = renewal.caFile === undefined ? undefined : readFileSync(renewal.caFile);
    const {
      idToken: token,
      expiresAtUnixMs,
      refreshToken = renewal.refreshToken,
    } = await renewLogin({
      issuer,
      clientId: renewal.clientId,
      refreshToken: renewal.refreshToken,
      ca,
    });
    const next = { issuer, token, expiresAtUnixMs, renewal: { ...renewal, refreshToken } };
    // Best effort: who halts with a full disk must not be kept from it.
    await saveLogin(environment, next).catch(() => undefined);
    return token;
  } catch (error) {
    // Many providers take a refresh token once: another command at the same time may have been the one.
    const now = readLogin(environment);
    if (isInForce(now)) return now.token;
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliFailure(exitCodes.notAllowed, `${ranOut} and was not renewed (${reason}): leash login`);
  }
}

function isInForce({ expiresAtUnixMs }: SavedLogin): boolean {
  return Date.now() < expiresAtUnixMs;
}

function readLogin(environment: NodeJS.ProcessEnv): SavedLogin {
  try {
    return schema.parse(JSON.parse(readPrivate(loginPath(environment))));
  } catch (error) {
    if (error instanceof CliFailure) throw error;
    throw new CliFailure(exitCodes.notAllowed, 'nobody is logged in here: leash login, or --tls with a certificate');
  }
}

function readPrivate(path: string): string {
  const { mode } = statSync(path);
  if ((mode & 0o077) === 0) return readFileSync(path, 'utf8');
  throw new CliFailure(
    exitCodes.notAllowed,
    `${path}: others may read it (mode ${(mode & 0o777).toString(8)}); chmod 600 ${path}`,
  );
}

function loginPath(environment: NodeJS.ProcessEnv): string {
  return join(environment.XDG_STATE_HOME || join(homedir(), '.local', 'state'), 'leash', 'login.json');
}
