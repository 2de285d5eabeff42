import { writeFileSync } from 'node:fs';
import type { Command } from 'commander';
import { coordinatorService } from '../../proto/services.ts';
import { type RunDocument, runDocument } from '../client/run-document.ts';
import { htmlReport } from '../report/html-report.ts';
import { junitReport } from '../report/junit-report.ts';
import { type CliContext, type ConnectionOptions, helpText, withConnection, withCoordinator } from './context.ts';
import { deadlinesMs } from './deadlines.ts';
import { usageFailure } from './exit-code.ts';
import { markdownReport } from './markdown-report.ts';
import { printEvent, printRun } from './run-text.ts';

const formats = ['text', 'md', 'html', 'json', 'junit'];

export function addReportCommand(program: Command, context: CliContext): void {
  withConnection(program.command('report'))
    .description('the whole story of a run, for people who were not there')
    .argument('<run>', 'the id of a run')
    .option('--format <format>', 'text, md, html, json or junit', 'text')
    .option('--out <file>', 'write it there instead of to standard output')
    .addHelpText(
      'after',
      helpText(
        'HTML is one file that needs nothing else, with a plot of each metric. JSON: the run, as of leash run. Exits with 0 whatever the result was.',
      ),
    )
    .action(async (runId: string, options: ConnectionOptions & { format: string; out?: string }) => {
      const format = options.json ? 'json' : options.format;
      if (!formats.includes(format))
        throw usageFailure(`--format must be one of ${formats.join(', ')}, not "${format}"`);
      if (options.out !== undefined && format === 'text')
        throw usageFailure('--out goes with --format md, html, json, junit');
      const reply = await withCoordinator(context, options, (coordinator) =>
        coordinator.call(coordinatorService.getRun, { runId }, deadlinesMs.ask),
      );
      const run = runDocument(reply);
      const { terminal } = context;
      if (options.out !== undefined) {
        writeFileSync(options.out, reportText(run, format), { mode: 0o600 });
        terminal.remark(`leash: wrote ${options.out}`);
      } else if (format === 'json') terminal.document(run);
      else if (format === 'md') for (const line of markdownReport(run)) terminal.line(line);
      else if (format === 'html' || format === 'junit') terminal.raw(reportText(run, format));
      else {
        printRun(terminal, run);
        terminal.line('');
        for (const event of run.events) printEvent(terminal, event);
      }
    });
}

function reportText(run: RunDocument, format: string): string {
  switch (format) {
    case 'html':
      return htmlReport(run);
    case 'junit':
      return junitReport(run);
    case 'md':
      return `${markdownReport(run).join('\n')}\n`;
    default:
      return `${JSON.stringify(run, null, 2)}\n`;
  }
}
