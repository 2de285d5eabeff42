import type { Command } from 'commander';
import { coordinatorService } from '../../proto/services.ts';
import { approvalsDocuments } from '../client/approvals-document.ts';
import { printApprovals } from './approvals-command.ts';
import { type CliContext, type ConnectionOptions, helpText, withConnection, withCoordinator } from './context.ts';
import { deadlinesMs } from './deadlines.ts';

interface ApproveOptions extends ConnectionOptions {
  readonly scope?: string;
  readonly comment: string;
}

export function addApproveCommand(program: Command, context: CliContext): void {
  withConnection(program.command('approve'))
    .description('say yes to the scope of a submitted run; never to one of your own')
    .argument('<run>', 'the id of a run that waits to be started')
    .option('--scope <digest>', 'only if its scope is just this one, as leash plan or leash show has it')
    .option('--comment <text>', 'for the record', '')
    .addHelpText(
      'after',
      helpText(
        'A yes is to what may happen where: another host, fault, duration or rule makes another scope and needs another yes; a process that was restarted does not. It runs out after a time that the coordinator sets.',
        'JSON: as of leash approvals',
      ),
    )
    .action(async (runId: string, { scope = '', comment, ...options }: ApproveOptions) => {
      const runs = await withCoordinator(context, options, async (coordinator) =>
        approvalsDocuments(
          await coordinator.call(coordinatorService.approve, { runId, scopeDigest: scope, comment }, deadlinesMs.ask),
        ),
      );
      if (options.json) context.terminal.document({ runs });
      else printApprovals(context.terminal, runs);
    });
}
