import type { Command } from 'commander';
import { principalUri, roles } from '../../proto/role.ts';
import { createAuthority, issueCertificate } from '../ca/certificate-authority.ts';
import { type CliContext, helpText, requireRole, withJson } from './context.ts';
import { usageFailure } from './exit-code.ts';
import { timestamp } from './time-text.ts';

interface IssueOptions {
  readonly role: string;
  readonly name: string;
  readonly dir: string;
  readonly out: string;
  readonly days?: string;
  readonly hours?: string;
  readonly dns?: readonly string[];
  readonly ip?: readonly string[];
  readonly json?: boolean;
}

const hourMs = 3_600_000;
const daysMax = 365;

export function addCaCommand(program: Command, context: CliContext): void {
  const ca = program.command('ca').description('a small certificate authority for a fleet that has none');
  withJson(ca.command('init'))
    .description('make the authority: ca.key (0600) and ca.crt')
    .requiredOption('--dir <directory>', 'where to keep it')
    .option('--trust-domain <name>', 'the fleet that its names belong to', 'leash.local')
    .addHelpText('after', helpText('JSON: { directory, trustDomain }'))
    .action(async ({ dir: directory, trustDomain, json }: { dir: string; trustDomain: string; json?: boolean }) => {
      await createAuthority({ directory, trustDomain, nowUnixMs: Date.now() });
      if (json) context.terminal.document({ directory, trustDomain });
      else
        context.terminal.line(`made an authority for ${trustDomain} in ${directory}; keep ca.key where no host has it`);
    });
  withJson(ca.command('issue'))
    .description('issue a key and a certificate for a person, an agent or a coordinator')
    .requiredOption('--role <role>', roles.join(', '))
    .requiredOption('--name <name>', 'of a person or a host; an agent carries the name in the inventory')
    .requiredOption('--dir <directory>', 'the authority')
    .requiredOption('--out <directory>', 'where NAME.crt, NAME.key and ca.crt go; it is what --tls takes')
    .option('--days <count>', 'how long it is valid: 30 for agent and coordinator, 365 for halter, 1 otherwise')
    .option('--hours <count>', 'the same in hours')
    .option('--dns <name...>', 'more DNS names of an agent or coordinator')
    .option('--ip <address...>', 'more IP addresses of an agent or coordinator')
    .addHelpText(
      'after',
      helpText('JSON: { name, cert, key, ca, notAfterUnixMs }; name is spiffe://TRUST-DOMAIN/ROLE/NAME'),
    )
    .action(async (options: IssueOptions) => {
      const validMs = lifeMs(options);
      const issued = await issueCertificate(options.dir, {
        role: requireRole(options.role, roles),
        name: options.name,
        hosts: [...(options.dns ?? []), ...(options.ip ?? [])],
        outDirectory: options.out,
        nowUnixMs: Date.now(),
        ...(validMs === undefined ? {} : { validMs }),
      });
      const { principal, cert, key, ca: caPath, notAfterUnixMs } = issued;
      const name = principalUri(principal);
      if (options.json) context.terminal.document({ name, cert, key, ca: caPath, notAfterUnixMs });
      else context.terminal.line(`${name} until ${timestamp(notAfterUnixMs)}: --tls ${options.out}`);
    });
}

function lifeMs({ days, hours }: IssueOptions): number | undefined {
  if (days !== undefined && hours !== undefined) throw usageFailure('give --days or --hours, not both');
  if (days !== undefined) return wholeNumber('--days', days, daysMax) * 24 * hourMs;
  return hours === undefined ? undefined : wholeNumber('--hours', hours, daysMax * 24) * hourMs;
}

function wholeNumber(option: string, text: string, maximum: number): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < 1 || value > maximum) {
    throw usageFailure(`${option} must be a whole number from 1 to ${maximum}, not "${text}"`);
  }
  return value;
}
