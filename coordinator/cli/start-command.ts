import type { Command } from 'commander';
import { coordinatorService } from '../../proto/services.ts';
import { runDocument } from '../client/run-document.ts';
import { type CliContext, type ConnectionOptions, helpText, withConnection, withCoordinator } from './context.ts';
import { deadlinesMs } from './deadlines.ts';
import { runExitCode } from './run-text.ts';
import { strong } from './text.ts';

export function addStartCommand(program: Command, context: CliContext): void {
  withConnection(program.command('start'))
    .description('start a run that was submitted; every gate is asked again')
    .argument('<run>', 'the id of a run')
    .addHelpText(
      'after',
      helpText(
        'Where only approvals are missing it goes on waiting for them; whatever else refuses it ends it. JSON: the run, as of leash run.',
      ),
    )
    .action(async (runId: string, options: ConnectionOptions) => {
      const run = await withCoordinator(context, options, async (coordinator) =>
        runDocument(await coordinator.call(coordinatorService.start, { runId }, deadlinesMs.start)),
      );
      if (options.json) context.terminal.document(run);
      else context.terminal.line('started ', strong(run.runId), `; follow it by leash watch ${run.runId}`);
      context.exitWith(runExitCode(run));
    });
}
