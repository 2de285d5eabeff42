import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { Login } from '../client/device-login.ts';
import { type CliContext, helpText, withJson } from './context.ts';
import { usageFailure } from './exit-code.ts';
import { forgetLogin, saveLogin } from './login-file.ts';
import type { Programs } from './programs.ts';
import { strong } from './text.ts';
import { timestamp } from './time-text.ts';

interface LoginOptions {
  readonly issuer?: string;
  readonly clientId: string;
  readonly scope: string;
  readonly issuerCa?: string;
  readonly json?: boolean;
}

export function addLoginCommand(program: Command, context: CliContext, programs: Programs): void {
  const { terminal, environment } = context;
  withJson(program.command('login'))
    .description('log in at the provider of identities that the coordinator names people by, in a browser anywhere')
    .option('--issuer <url>', 'the provider (env LEASH_ISSUER)')
    .option('--client-id <id>', 'what the provider calls leash', 'leash')
    .option('--scope <words>', 'what is asked for', 'openid email groups')
    .option('--issuer-ca <file>', 'the authority of its certificate, in PEM (env LEASH_ISSUER_CA)')
    .addHelpText(
      'after',
      helpText(
        'From then on --coordinator host:port with --ca FILE speaks for you until the login runs out. JSON: { issuer, expiresAtUnixMs }',
        'With offline_access in --scope a provider that allows it lets commands renew the login by themselves until leash logout; whoever can read the file is you for as long.',
      ),
    )
    .action(async (options: LoginOptions) => {
      const issuer = options.issuer ?? environment.LEASH_ISSUER;
      if (!issuer?.startsWith('https://'))
        throw usageFailure('--issuer must be an https:// address (or set LEASH_ISSUER)');
      const caFile = options.issuerCa ?? environment.LEASH_ISSUER_CA;
      const login: Login = await programs.login({
        issuer,
        clientId: options.clientId,
        scope: options.scope,
        ca: caFile ? readFileSync(caFile) : undefined,
        show: (address, code) => terminal.remark(`leash: open ${address} and confirm the code ${code}`),
      });
      const { idToken: token, expiresAtUnixMs, refreshToken } = login;
      const { clientId } = options;
      const renewal =
        refreshToken === undefined
          ? {}
          : { renewal: { refreshToken, clientId, ...(caFile ? { caFile: resolve(caFile) } : {}) } };
      const path = await saveLogin(environment, { issuer, token, expiresAtUnixMs, ...renewal });
      if (options.json) terminal.document({ issuer, expiresAtUnixMs });
      else terminal.line('logged in at ', strong(issuer), ` until ${timestamp(expiresAtUnixMs)}; kept in ${path}`);
    });
  program
    .command('logout')
    .description('forget the login on this machine')
    .action(() => {
      forgetLogin(environment);
      terminal.line('nobody is logged in here any more');
    });
}
