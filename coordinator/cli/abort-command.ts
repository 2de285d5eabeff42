import type { Command } from 'commander';
import { coordinatorService } from '../../proto/services.ts';
import { isUnresolved, runDocument } from '../client/run-document.ts';
import { type CliContext, type ConnectionOptions, helpText, withConnection, withCoordinator } from './context.ts';
import { deadlinesMs } from './deadlines.ts';
import { exitCodes } from './exit-code.ts';
import { printRun } from './run-text.ts';

export function addAbortCommand(program: Command, context: CliContext): void {
  withConnection(program.command('abort'))
    .description('let go of everything of a run, and say what was seen')
    .argument('<run>', 'the id of a run')
    .option('--reason <text>', 'for the audit and the report', '')
    .addHelpText(
      'after',
      helpText('JSON: the run, as of leash run. Exits with 0 when every host confirmed, and with 5 otherwise.'),
    )
    .action(async (runId: string, options: ConnectionOptions & { reason: string }) => {
      const reply = await withCoordinator(context, options, (coordinator) =>
        coordinator.call(coordinatorService.abort, { runId, reason: options.reason }, deadlinesMs.abort),
      );
      const run = runDocument(reply);
      if (options.json) context.terminal.document(run);
      else printRun(context.terminal, run);
      // The abort is what was asked for, so it is a success; a host that does not confirm is not.
      const isOpen =
        run.phase !== 'ended' && run.faults.some((fault) => fault.receipt === null && fault.faultId !== '');
      if (isUnresolved(run) || isOpen) context.exitWith(exitCodes.unresolved);
    });
}
