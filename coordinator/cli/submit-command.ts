import type { Command } from 'commander';
import { coordinatorService } from '../../proto/services.ts';
import { runDocument } from '../client/run-document.ts';
import { type CliContext, type ConnectionOptions, helpText, withConnection, withCoordinator } from './context.ts';
import { deadlinesMs } from './deadlines.ts';
import { readExperimentFile } from './experiment-argument.ts';
import { strong } from './text.ts';

export function addSubmitCommand(program: Command, context: CliContext): void {
  withConnection(program.command('submit'))
    .description('submit an experiment without starting it, so that others can approve it')
    .argument('<file>', 'an experiment file')
    .option('--targets <digest>', 'exactly the targets that leash plan showed')
    .addHelpText('after', helpText('JSON: the run, as of leash run.'))
    .action(async (file: string, options: ConnectionOptions & { readonly targets?: string }) => {
      const request = { file: readExperimentFile(file, context).file, targetsDigest: options.targets ?? '' };
      const run = await withCoordinator(context, options, async (coordinator) =>
        runDocument(await coordinator.call(coordinatorService.submit, request, deadlinesMs.start)),
      );
      if (options.json) {
        context.terminal.document(run);
        return;
      }
      context.terminal.line('submitted ', strong(run.runId));
      context.terminal.line('scope     ', run.scopeDigest);
      context.terminal.line(`leash approve ${run.runId} by others, then leash start ${run.runId}`);
    });
}
