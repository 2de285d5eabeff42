import type { Command } from 'commander';
import { coordinatorService } from '../../proto/services.ts';
import { runDocument } from '../client/run-document.ts';
import { type CliContext, type ConnectionOptions, helpText, withConnection, withCoordinator } from './context.ts';
import { deadlinesMs } from './deadlines.ts';
import { printRun, runExitCode } from './run-text.ts';

export function addShowCommand(program: Command, context: CliContext): void {
  withConnection(program.command('show'))
    .description('one run: what was injected, what was seen afterwards, what it means')
    .argument('<run>', 'the id of a run')
    .addHelpText('after', helpText("JSON: the run, as of leash run. Exits with the run's result."))
    .action(async (runId: string, options: ConnectionOptions) => {
      const reply = await withCoordinator(context, options, (coordinator) =>
        coordinator.call(coordinatorService.getRun, { runId }, deadlinesMs.ask),
      );
      const run = runDocument(reply);
      if (options.json) context.terminal.document(run);
      else printRun(context.terminal, run);
      context.exitWith(runExitCode(run));
    });
}
