import type { Command } from 'commander';
import { coordinatorService } from '../../proto/services.ts';
import { type CliContext, type ConnectionOptions, helpText, withConnection, withCoordinator } from './context.ts';
import { deadlinesMs } from './deadlines.ts';

export function addResolveCommand(program: Command, context: CliContext): void {
  withConnection(program.command('resolve'))
    .description('close an unresolved host as abandoned, never as restored; takes two people')
    .argument('<host>', 'the host')
    .requiredOption('--reason <text>', 'what is known of it')
    .addHelpText(
      'after',
      helpText('JSON: { host, abandoned, message }; abandoned is false until the second person has said so.'),
    )
    .action(async (host: string, options: ConnectionOptions & { reason: string }) => {
      const { abandoned, message } = await withCoordinator(context, options, (coordinator) =>
        coordinator.call(coordinatorService.resolve, { host, reason: options.reason }, deadlinesMs.ask),
      );
      if (options.json) context.terminal.document({ host, abandoned, message });
      else
        context.terminal.line(
          message || (abandoned ? `${host} is closed as abandoned` : `${host} needs a second person`),
        );
    });
}
