import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Command } from 'commander';
import { formatDurationMs, parseDurationMs } from '../../proto/quantity.ts';
import { fingerprintOf, formatJoinToken } from '../../shared/join-token.ts';
import { createJoinGrant, hostLabels, hostName } from '../enrolment/join-tokens.ts';
import { type CliContext, helpText, withJson } from './context.ts';
import { usageFailure } from './exit-code.ts';

interface JoinTokenOptions {
  readonly ca: string;
  readonly stateDir: string;
  readonly name?: string;
  readonly label?: readonly string[];
  readonly for: string;
  readonly json?: boolean;
}

const dayMs = 86_400_000;

export function addJoinTokenCommand(program: Command, context: CliContext): void {
  const { terminal, environment } = context;
  withJson(program.command('join-token'))
    .description('make a token by which one host joins this fleet, once; runs where the coordinator does')
    .option(
      '--ca <directory>',
      'the authority of the fleet (env LEASH_CA)',
      environment.LEASH_CA ?? '/etc/leash-coordinator/ca',
    )
    .option('--state-dir <directory>', 'of the coordinator', '/var/lib/leash-coordinator')
    .option('--name <host>', 'only for the host of this name, which may have joined before')
    .option('--label <key=value...>', 'labels that the host gets, whatever it says of itself')
    .option('--for <duration>', 'how long it can be used, at most a day', '15m')
    .addHelpText(
      'after',
      helpText(
        'On the host: leash-agent join COORDINATOR:PORT --token-file FILE, or the token on standard input; the coordinator needs --http, --ca and --tls.',
        'JSON: { token, name, labels, expiresAtUnixMs }',
      ),
    )
    .action(({ ca, stateDir, name, label = [], for: life, json }: JoinTokenOptions) => {
      if (name !== undefined && !hostName.safeParse(name).success) {
        throw usageFailure(`--name must be 1 to 64 of A-Z a-z 0-9 . _ -, not "${name}"`);
      }
      const labels = hostLabels.safeParse(Object.fromEntries(label.map(keyAndValue)));
      if (!labels.success) throw usageFailure('--label must be KEY=VALUE, at most 64 of them');
      const lifeMs = parseDurationMs(life, '--for', { minimum: 1000, maximum: dayMs });
      const certificate = new X509Certificate(readAuthority(resolve(ca)));
      const trustDomain = /URI:spiffe:\/\/([a-z0-9._-]+)/.exec(certificate.subjectAltName ?? '')?.[1];
      if (trustDomain === undefined) throw usageFailure(`${ca}/ca.crt names no trust domain`);
      const expiresAtUnixMs = Date.now() + lifeMs;
      const grant = { ...(name === undefined ? {} : { name }), labels: labels.data, expiresAtUnixMs };
      const secret = createJoinGrant(join(resolve(stateDir), 'join-tokens'), grant);
      const token = formatJoinToken({ trustDomain, fingerprint: fingerprintOf(certificate.raw), secret });
      if (json) return terminal.document({ token, name: name ?? null, labels: labels.data, expiresAtUnixMs });
      terminal.line(token);
      terminal.remark('', `works once, for ${formatDurationMs(lifeMs)}`);
    });
}

function keyAndValue(text: string): readonly [string, string] {
  const at = text.indexOf('=');
  return at < 1 ? ['', ''] : [text.slice(0, at), text.slice(at + 1)];
}

function readAuthority(directory: string): Buffer {
  try {
    return readFileSync(join(directory, 'ca.crt'));
  } catch {
    throw usageFailure(`${directory}/ca.crt cannot be read; make an authority by leash ca init --dir ${directory}`);
  }
}
