/** What every command is given, and how it finds the coordinator. */
import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { isRole, type Role } from '../../proto/role.ts';
import { loadTlsFiles, type TlsFiles } from '../../shared/tls-files.ts';
import { type BearerToken, type Caller, createCaller } from '../client/caller.ts';
import { parseAddress } from '../client/endpoint.ts';
import { usageFailure } from './exit-code.ts';
import { readToken } from './login-file.ts';
import type { Programs } from './programs.ts';
import type { Terminal } from './terminal.ts';

export interface CliContext {
  readonly terminal: Terminal;
  readonly environment: NodeJS.ProcessEnv;
  readonly renewLogin: Programs['renewLogin'];
  /** What the process will exit with. */
  exitWith(code: number): void;
}

export interface ConnectionOptions {
  readonly coordinator?: string;
  readonly tls?: string;
  readonly ca?: string;
  readonly tokenFile?: string;
  readonly json?: boolean;
}

export const defaultCoordinator = 'unix:/run/leash-coordinator/coordinator.sock';

/** Adds --coordinator, --tls and --json to a command. */
export function withConnection(command: Command): Command {
  return withJson(
    command
      .option('--coordinator <address>', `unix:/path or host:port (env LEASH_COORDINATOR; ${defaultCoordinator})`)
      .option('--tls <directory>', 'ca.crt, NAME.crt and NAME.key; for host:port (env LEASH_TLS)')
      .option(
        '--ca <file>',
        'instead of --tls, by leash login or a token: the authority of the coordinator (env LEASH_CA)',
      )
      .option('--token-file <file>', 'with --ca: a token of leash token create (env LEASH_TOKEN_FILE)'),
  );
}

export function withJson(command: Command): Command {
  return command.option('--json', 'one JSON document on standard output');
}

/** Paragraphs below a command's options, wrapped as commander wraps its own. */
export function helpText(...paragraphs: readonly string[]): string {
  return paragraphs.map((paragraph) => `\n${paragraph.replace(/(.{1,78})(?:\s+|$)/g, '$1\n')}`).join('');
}

export function coordinatorAddress(context: CliContext, options: ConnectionOptions): string {
  return options.coordinator ?? (context.environment.LEASH_COORDINATOR || defaultCoordinator);
}

/** Calls to the coordinator; the connection is closed when the action is over. */
export async function withCoordinator<Result>(
  context: CliContext,
  options: ConnectionOptions,
  action: (coordinator: Caller) => Promise<Result>,
): Promise<Result> {
  const text = coordinatorAddress(context, options);
  const address = parseAddress(text);
  if (!address) throw usageFailure(`--coordinator must be unix:/path or host:port, not "${text}"`);
  const proof = address.kind === 'tcp' ? await proofOf(context, options) : undefined;
  const coordinator = createCaller(address, { role: 'coordinator' }, proof);
  try {
    return await action(coordinator);
  } finally {
    coordinator.close();
  }
}

/** A certificate where one is given; otherwise the token of a program, or of whoever has logged in. */
async function proofOf(context: CliContext, options: ConnectionOptions): Promise<TlsFiles | BearerToken> {
  const { environment, renewLogin } = context;
  const caFile = options.ca ?? environment.LEASH_CA;
  if (options.tls || !caFile) return requireTls(context, options);
  const ca = readFileSync(caFile);
  const file = options.tokenFile ?? environment.LEASH_TOKEN_FILE;
  return { ca, token: await readToken({ environment, file, renewLogin }) };
}

/** @throws CliFailure, TlsProblem */
export function requireTls(context: CliContext, options: ConnectionOptions): TlsFiles {
  const directory = options.tls ?? context.environment.LEASH_TLS;
  if (!directory)
    throw usageFailure(
      'TCP is always mutual TLS: give --tls DIRECTORY (or set LEASH_TLS), or --ca FILE after leash login',
    );
  return loadTlsFiles(directory);
}

/** @throws CliFailure */
export function requireRole(text: string, roles: readonly Role[]): Role {
  if (isRole(text)) return text;
  throw usageFailure(`--role must be one of ${roles.join(', ')}, not "${text}"`);
}
