import { isAbsolute, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { type Pid, parsePid } from '../../proto/identity.ts';
import { InvalidInput } from '../../proto/invalid-input.ts';
import { loadTlsFiles, type TlsFiles } from '../../shared/tls-files.ts';
import { type Address, parseAddress } from '../client/endpoint.ts';
import { type CliContext, helpText } from './context.ts';
import { usageFailure } from './exit-code.ts';
import type { Programs, ServeOptions } from './programs.ts';

interface WrittenOptions {
  readonly inventory?: string;
  readonly config?: string;
  readonly programme?: string;
  readonly stateDir: string;
  readonly runDir: string;
  readonly listen?: string;
  readonly listenTokens?: string;
  readonly http?: string;
  readonly ca?: string;
  readonly tokens?: string;
  readonly tls?: string;
  readonly tether?: string;
}

export function addServeCommand(program: Command, context: CliContext, programs: Programs): void {
  const { environment } = context;
  program
    .command('serve')
    .description('the coordinator, in the foreground until SIGTERM or Ctrl-C')
    .option(
      '--inventory <file>',
      'which hosts there are, and where their agents answer: a list, file_sd of Prometheus, or srv:_SERVICE._tcp.DOMAIN',
      environment.LEASH_INVENTORY,
    )
    .option(
      '--config <file>',
      'Prometheus, programs for probes, error budgets, where load may go; defaults without it',
      environment.LEASH_CONFIG,
    )
    .option(
      '--programme <file>',
      'what is asked of every experiment: recipes, scope, on-call, promotion',
      environment.LEASH_PROGRAMME,
    )
    .option('--state-dir <directory>', 'runs, latch and audit', '/var/lib/leash-coordinator')
    .option('--run-dir <directory>', 'where coordinator.sock goes', '/run/leash-coordinator')
    .option('--listen <host:port>', 'beside the socket, by mutual TLS', environment.LEASH_LISTEN)
    .option('--listen-tokens <host:port>', 'by TLS for those who come with a token (leash login, leash token create)')
    .option(
      '--http <address>',
      'for webhooks and the emergency stop: host:port by TLS, or unix:/path; needs --tokens, --ca, or chat in --config',
      environment.LEASH_HTTP,
    )
    .option('--ca <directory>', 'the authority: hosts may join by --http (leash join-token)', environment.LEASH_CA)
    .option('--tokens <file>', 'the tokens of programs (leash token create)', environment.LEASH_TOKENS)
    .option(
      '--tls <directory>',
      'a certificate of the role coordinator, for --listen, --http and for agents (env LEASH_TLS)',
    )
    .option('--tether <pid>', 'stop when this process, which started it, ends')
    .addHelpText(
      'after',
      helpText(
        'The unit takes the same from /etc/leash-coordinator/coordinator.env: LEASH_INVENTORY, LEASH_CONFIG, LEASH_PROGRAMME, LEASH_LISTEN, LEASH_HTTP, LEASH_CA, LEASH_TOKENS, LEASH_TLS.',
        'Logs go to standard error, one JSON line each (LEASH_LOG_LEVEL).',
      ),
    )
    .action(async (options: WrittenOptions) => {
      // Wrong files are told before anything listens.
      const directory = options.tls ?? context.environment.LEASH_TLS;
      const tls = directory ? loadTlsFiles(directory, { roles: ['coordinator'] }) : undefined;
      const code = await programs.serve({
        ...hostsFrom(options),
        ...(options.config === undefined ? {} : { coordinatorFile: resolve(options.config) }),
        ...(options.programme === undefined ? {} : { programmeFile: resolve(options.programme) }),
        stateDirectory: absolute(options.stateDir, '--state-dir'),
        listen: addresses(absolute(options.runDir, '--run-dir'), options.listen, tls),
        ...tokenOptions(options, tls),
        ...(directory ? { tlsDirectory: resolve(directory) } : {}),
        ...(options.tether === undefined ? {} : { parentPid: parentPid(options.tether) }),
      });
      context.exitWith(code);
    });
}

function hostsFrom({ inventory, ca }: WrittenOptions): Pick<ServeOptions, 'inventory' | 'authorityDirectory'> {
  if (inventory === undefined && ca === undefined) {
    throw usageFailure('which hosts? --inventory FILE (or LEASH_INVENTORY), or --ca DIRECTORY so that hosts can join');
  }
  return {
    ...(inventory === undefined ? {} : { inventory: isScheme(inventory) ? inventory : resolve(inventory) }),
    ...(ca === undefined ? {} : { authorityDirectory: resolve(ca) }),
  };
}

/** "srv:…"; any other text is the path of a file. */
function isScheme(inventory: string): boolean {
  return /^[a-z]+:/.test(inventory);
}

function tokenOptions(
  { http, tokens, listenTokens, ca, config }: WrittenOptions,
  tls: TlsFiles | undefined,
): Pick<ServeOptions, 'http' | 'listenTokens' | 'tokensFile'> {
  if (http !== undefined && tokens === undefined && ca === undefined && config === undefined) {
    throw usageFailure('--http goes together with --tokens, with --ca, or with a --config that has chat in it');
  }
  if (ca !== undefined && http === undefined) throw usageFailure('--ca lets hosts join by --http: give that too');
  if (tokens !== undefined && http === undefined && listenTokens === undefined) {
    throw usageFailure('--tokens goes with --http or --listen-tokens');
  }
  const httpAddress = http === undefined ? undefined : parseAddress(http);
  if (http !== undefined && !httpAddress) throw usageFailure(`--http must be host:port or unix:/path, not "${http}"`);
  if (httpAddress?.kind === 'tcp' && !tls) {
    throw usageFailure('HTTP on TCP is always TLS: give --tls DIRECTORY (or set LEASH_TLS)');
  }
  const tokenAddress = listenTokens === undefined ? undefined : parseAddress(listenTokens);
  if (listenTokens !== undefined && tokenAddress?.kind !== 'tcp') {
    throw usageFailure(`--listen-tokens must be host:port, not "${listenTokens}"`);
  }
  if (tokenAddress && !tls) throw usageFailure('a token is told by TLS only: give --tls DIRECTORY (or set LEASH_TLS)');
  return {
    ...(httpAddress ? { http: httpAddress } : {}),
    ...(tokenAddress ? { listenTokens: tokenAddress } : {}),
    ...(tokens === undefined ? {} : { tokensFile: resolve(tokens) }),
  };
}

function addresses(runDirectory: string, listen: string | undefined, tls: TlsFiles | undefined): readonly Address[] {
  const local: Address = { kind: 'unix', path: join(runDirectory, 'coordinator.sock') };
  if (listen === undefined) return [local];
  const address = parseAddress(listen);
  if (address?.kind !== 'tcp') throw usageFailure(`--listen must be host:port, not "${listen}"`);
  if (!tls) throw usageFailure('TCP is always mutual TLS: give --tls DIRECTORY (or set LEASH_TLS)');
  return [local, address];
}

function absolute(path: string, option: string): string {
  if (!isAbsolute(path)) throw usageFailure(`${option} must be an absolute path, not "${path}"`);
  return path;
}

function parentPid(text: string): Pid {
  try {
    return parsePid(Number(text), '--tether');
  } catch (error) {
    throw error instanceof InvalidInput ? usageFailure(error.message) : error;
  }
}
