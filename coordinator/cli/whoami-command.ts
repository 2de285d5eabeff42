import type { Command } from 'commander';
import { coordinatorService } from '../../proto/services.ts';
import { type GrantDocument, whoDocument } from '../client/access-document.ts';
import { type CliContext, type ConnectionOptions, helpText, withConnection, withCoordinator } from './context.ts';
import { deadlinesMs } from './deadlines.ts';
import { quiet, strong } from './text.ts';
import { timestamp } from './time-text.ts';

export function addWhoamiCommand(program: Command, context: CliContext): void {
  const { terminal } = context;
  withConnection(program.command('whoami'))
    .description('who you are to the coordinator, which roles you have and where they count')
    .addHelpText(
      'after',
      helpText(
        'JSON: { name, person, groups, grants: [{ role, labels, stages, faults, source }], methods, expiresAtUnixMs }',
      ),
    )
    .action(async (options: ConnectionOptions) => {
      const who = await withCoordinator(context, options, async (coordinator) =>
        whoDocument(await coordinator.call(coordinatorService.whoAmI, {}, deadlinesMs.ask)),
      );
      if (options.json) {
        terminal.document(who);
        return;
      }
      terminal.line(strong(who.name), who.person === who.name ? '' : quiet(`  (${who.person})`));
      if (who.groups.length > 0) terminal.line('groups   ', who.groups.join(', '));
      if (who.expiresAtUnixMs > 0) terminal.line('until    ', timestamp(who.expiresAtUnixMs));
      for (const grant of who.grants) terminal.line('role     ', grantText(grant));
      terminal.line('may      ', who.methods.join(' ') || 'nothing');
    });
}

function grantText({ role, labels, stages, faults, source }: GrantDocument): string {
  const hosts = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  const where = [
    hosts.length > 0 ? `hosts ${hosts.join(' ')}` : 'every host',
    stages.length > 0 ? stages.join(', ') : 'every stage',
    faults.includes('*') ? 'every fault' : faults.join(', '),
  ];
  return `${role}: ${where.join('; ')} (${source})`;
}
