import { resolve } from 'node:path';
import type { Command } from 'commander';
import { addToken, readTokens, removeToken, tokenName, tokenRights } from '../http/tokens.ts';
import { type CliContext, helpText, withJson } from './context.ts';
import { usageFailure } from './exit-code.ts';
import { timestamp } from './time-text.ts';

interface TokenOptions {
  readonly file: string;
  readonly name: string;
  readonly match?: readonly string[];
  readonly may?: readonly string[];
  readonly json?: boolean;
}

export function addTokenCommand(program: Command, context: CliContext): void {
  const { terminal } = context;
  const token = program.command('token').description('tokens with which Alertmanager and other tools abort runs');
  const fileHelp = 'the file that leash serve --tokens reads';
  withJson(token.command('create'))
    .description('make a token, and say it this once: the file keeps only its hash')
    .requiredOption('--file <file>', fileHelp)
    .requiredOption('--name <name>', 'who has it, for the audit')
    .option('--match <label...>', 'labels in which an alert and an experiment must agree, where both have them')
    .option('--may <right...>', 'abort, halt, metrics; all unless said')
    .addHelpText(
      'after',
      helpText(
        'POST it to /v1/halt for the emergency stop of the whole fleet: it needs neither the store nor a policy nor SSO, and no body.',
        'POST it to /v1/alertmanager (a webhook of Alertmanager) or to /v1/abort (JSON, every key optional: run, experiment, labels, reason) of leash serve --http, as Authorization: Bearer TOKEN. What a request leaves out never spares a run.',
        'Prometheus scrapes /v1/metrics of leash serve --http with it; one made with --may metrics can do nothing else.',
        'On leash serve --listen-tokens it is a name, token:NAME, that access.bindings of the coordinator can give a role.',
        'JSON: { name, token, match, may }',
      ),
    )
    .action(async ({ file, name, match = [], may: written = tokenRights, json }: TokenOptions) => {
      if (!tokenName.safeParse(name).success) {
        throw usageFailure(`--name must be small letters, digits, ".", "_" and "-", not "${name}"`);
      }
      const may = written.map((right) => {
        const known = tokenRights.find((each) => each === right);
        if (known) return known;
        throw usageFailure(`--may must be one of ${tokenRights.join(', ')}, not "${right}"`);
      });
      const secret = await addToken(resolve(file), { name, match, may, nowUnixMs: Date.now() });
      if (json) terminal.document({ name, token: secret, match, may });
      else terminal.line(secret);
    });
  withJson(token.command('list'))
    .description('who has one')
    .requiredOption('--file <file>', fileHelp)
    .addHelpText('after', helpText('JSON: { tokens: [{ name, match, may, createdAtUnixMs }] }'))
    .action(async ({ file, json }: TokenOptions) => {
      const tokens = (await readTokens(resolve(file))).map(({ sha256: _hash, ...rest }) => rest);
      if (json) terminal.document({ tokens });
      else {
        terminal.table(
          [{ title: 'NAME' }, { title: 'MAY' }, { title: 'MATCHES' }, { title: 'MADE' }],
          tokens.map(({ name, match, may, createdAtUnixMs }) => [
            name,
            may.join(' '),
            match.join(' ') || 'all',
            timestamp(createdAtUnixMs),
          ]),
        );
      }
    });
  withJson(token.command('remove'))
    .description('make it worthless, from this instant')
    .requiredOption('--file <file>', fileHelp)
    .requiredOption('--name <name>', 'whose it is')
    .addHelpText('after', helpText('JSON: { removed }'))
    .action(async ({ file, name, json }: TokenOptions) => {
      await removeToken(resolve(file), name);
      if (json) terminal.document({ removed: name });
      else terminal.line(`${name} has no token any more`);
    });
}
