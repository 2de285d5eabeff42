import type { Command } from 'commander';
import { coordinatorService } from '../../proto/services.ts';
import { runDocument } from '../client/run-document.ts';
import { type CliContext, type ConnectionOptions, helpText, withConnection, withCoordinator } from './context.ts';
import { deadlinesMs } from './deadlines.ts';
import { usageFailure } from './exit-code.ts';
import { markdownReport } from './markdown-report.ts';
import { printEvent, printRun } from './run-text.ts';

export function addReportCommand(program: Command, context: CliContext): void {
  withConnection(program.command('report'))
    .description('the whole story of a run, for people who were not there')
    .argument('<run>', 'the id of a run')
    .option('--format <format>', 'text, md or json', 'text')
    .addHelpText('after', helpText('JSON: the run, as of leash run. Exits with 0 whatever the result was.'))
    .action(async (runId: string, options: ConnectionOptions & { format: string }) => {
      const format = options.json ? 'json' : options.format;
      if (format === 'html' || format === 'junit') throw usageFailure(`--format ${format} is not available yet`);
      if (!['text', 'md', 'json'].includes(format)) {
        throw usageFailure(`--format must be text, md or json, not "${format}"`);
      }
      const reply = await withCoordinator(context, options, (coordinator) =>
        coordinator.call(coordinatorService.getRun, { runId }, deadlinesMs.ask),
      );
      const run = runDocument(reply);
      const { terminal } = context;
      if (format === 'json') terminal.document(run);
      else if (format === 'md') for (const line of markdownReport(run)) terminal.line(line);
      else {
        printRun(terminal, run);
        terminal.line('');
        for (const event of run.events) printEvent(terminal, event);
      }
    });
}
