/** The token of whoever logged in, kept in a file of their own. */
import { readFileSync, rmSync, statSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { ensurePrivateDirectory, replaceFile } from '../../shared/durable-file.ts';
import { CliFailure, exitCodes } from './exit-code.ts';

const schema = z.object({ version: z.literal(1), issuer: z.string(), token: z.string(), expiresAtUnixMs: z.number() });

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

/** @param file one that holds nothing but a token; the saved login where it is left out. @throws CliFailure */
export function readToken(environment: NodeJS.ProcessEnv, file: string | undefined, nowUnixMs = Date.now()): string {
  if (file !== undefined) return readPrivate(file).trim();
  const path = loginPath(environment);
  let login: SavedLogin;
  try {
    login = schema.parse(JSON.parse(readPrivate(path)));
  } catch (error) {
    if (error instanceof CliFailure) throw error;
    throw new CliFailure(exitCodes.notAllowed, 'nobody is logged in here: leash login, or --tls with a certificate');
  }
  if (nowUnixMs < login.expiresAtUnixMs) return login.token;
  const at = new Date(login.expiresAtUnixMs).toISOString();
  throw new CliFailure(exitCodes.notAllowed, `the login at ${login.issuer} ran out at ${at}: leash login`);
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
