import { join } from 'node:path';
import type { Command } from 'commander';
import { principalUri, roles } from '../../proto/role.ts';
import { denyListName } from '../../shared/tls-files.ts';
import { createAuthority, issueCertificate, rotateCertificate } from '../ca/certificate-authority.ts';
import { type Issued, listIssued, revokeIssued } from '../ca/issued.ts';
import { type CliContext, helpText, requireRole, withJson } from './context.ts';
import { usageFailure } from './exit-code.ts';
import { doubtful, good } from './text.ts';
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
  addRotate(ca, context);
  addRevoke(ca, context);
  addList(ca, context);
}

interface RotateOptions {
  readonly dir: string;
  readonly tls: string;
  readonly days?: string;
  readonly hours?: string;
  readonly revokeFormer?: boolean;
  readonly json?: boolean;
}

function addRotate(ca: Command, { terminal }: CliContext): void {
  withJson(ca.command('rotate'))
    .description('put a new key and certificate of the same name in the place of those in a directory')
    .requiredOption('--dir <directory>', 'the authority')
    .requiredOption(
      '--tls <directory>',
      'what leash ca issue wrote; agents and coordinators read it again by themselves',
    )
    .option('--days <count>', 'how long it is valid; as leash ca issue has it')
    .option('--hours <count>', 'the same in hours')
    .option('--revoke-former', 'and put the former certificate on the deny list')
    .addHelpText('after', helpText('JSON: { name, cert, key, serialNumber, formerSerialNumber, notAfterUnixMs }'))
    .action(async ({ dir, tls, revokeFormer, json, ...life }: RotateOptions) => {
      const validMs = lifeMs(life);
      const nowUnixMs = Date.now();
      const rotated = await rotateCertificate(dir, {
        tlsDirectory: tls,
        nowUnixMs,
        ...(validMs === undefined ? {} : { validMs }),
      });
      const { principal, cert, key, serialNumber, former, notAfterUnixMs } = rotated;
      const name = principalUri(principal);
      if (revokeFormer) {
        const isMeant = (issued: Issued): boolean => issued.fingerprint256 === former.fingerprint256;
        revokeIssued(dir, { reason: 'rotated', nowUnixMs, isMeant });
      }
      if (json) {
        terminal.document({ name, cert, key, serialNumber, formerSerialNumber: former.serialNumber, notAfterUnixMs });
      } else terminal.line(`${name} until ${timestamp(notAfterUnixMs)}, serial ${serialNumber}`);
    });
}

interface RevokeOptions {
  readonly dir: string;
  readonly name?: string;
  readonly serial?: string;
  readonly reason: string;
  readonly json?: boolean;
}

function addRevoke(ca: Command, { terminal }: CliContext): void {
  withJson(ca.command('revoke'))
    .description('put certificates on the deny list of the authority')
    .requiredOption('--dir <directory>', 'the authority')
    .option('--name <role/name>', 'all that are valid of agent/web-1, for example')
    .option('--serial <number>', 'one, by its serial number (leash ca list)')
    .option('--reason <text>', 'for those who are refused', '')
    .addHelpText(
      'after',
      helpText(
        'Copy the deny.list of the authority beside ca.crt into the --tls directory of agents, coordinators and people: it is read again within seconds, and ends what stands.',
        'JSON: { denyList, revoked: [{ name, serialNumber, fingerprint256, notAfterUnixMs }] }',
      ),
    )
    .action(({ dir, name, serial, reason, json }: RevokeOptions) => {
      if ((name === undefined) === (serial === undefined)) throw usageFailure('give --name or --serial');
      const isMeant = (issued: Issued): boolean =>
        serial === undefined
          ? issued.name === name || issued.name.endsWith(`/${name}`)
          : issued.serialNumber.toLowerCase() === serial.toLowerCase().replaceAll(':', '');
      const revoked = revokeIssued(dir, { reason, nowUnixMs: Date.now(), isMeant });
      if (revoked.length === 0) throw usageFailure(`nothing valid was issued to ${name ?? serial} (leash ca list)`);
      const denyList = join(dir, denyListName);
      const shown = revoked.map(({ state: _was, ...rest }) => rest);
      if (json) terminal.document({ denyList, revoked: shown });
      else
        for (const each of shown)
          terminal.line(`revoked ${each.name}, serial ${each.serialNumber}; now distribute ${denyList}`);
    });
}

function addList(ca: Command, { terminal }: CliContext): void {
  withJson(ca.command('list'))
    .description('what the authority has issued, and until when it is valid')
    .requiredOption('--dir <directory>', 'the authority')
    .addHelpText(
      'after',
      helpText(
        'JSON: { certificates: [{ name, serialNumber, fingerprint256, notAfterUnixMs, state }] }; state is valid, expired or revoked',
      ),
    )
    .action(({ dir, json }: { dir: string; json?: boolean }) => {
      const certificates = listIssued(dir, Date.now());
      if (json) {
        terminal.document({ certificates });
        return;
      }
      terminal.table(
        [{ title: 'NAME' }, { title: 'STATE' }, { title: 'UNTIL' }, { title: 'SERIAL' }],
        certificates.map(({ name, state, notAfterUnixMs, serialNumber }) => [
          name,
          state === 'valid' ? good(state) : doubtful(state),
          timestamp(notAfterUnixMs),
          serialNumber,
        ]),
      );
    });
}

function lifeMs({ days, hours }: Pick<IssueOptions, 'days' | 'hours'>): number | undefined {
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
