import type { Command } from 'commander';
import { coordinatorService } from '../../proto/services.ts';
import { approvalsDocuments, type RunApprovalsDocument } from '../client/approvals-document.ts';
import { type CliContext, type ConnectionOptions, helpText, withConnection, withCoordinator } from './context.ts';
import { deadlinesMs } from './deadlines.ts';
import type { Terminal } from './terminal.ts';
import { bad, good, quiet, strong } from './text.ts';
import { timestamp } from './time-text.ts';

export function addApprovalsCommand(program: Command, context: CliContext): void {
  withConnection(program.command('approvals'))
    .description('what waits for approvals, and who has given some')
    .argument('[run]', 'only this run')
    .addHelpText(
      'after',
      helpText(
        'JSON: { runs: [{ runId, experiment, stage, submittedBy, scopeDigest, needed, given, approvals: [{ by, person, atUnixMs, expiresAtUnixMs, scopeDigest, comment, voidBecause }] }] }',
      ),
    )
    .action(async (run: string | undefined, options: ConnectionOptions) => {
      const runs = await withCoordinator(context, options, async (coordinator) =>
        approvalsDocuments(
          await coordinator.call(coordinatorService.listApprovals, { runId: run ?? '' }, deadlinesMs.ask),
        ),
      );
      if (options.json) context.terminal.document({ runs });
      else if (runs.length === 0) context.terminal.line('nothing waits for approvals');
      else printApprovals(context.terminal, runs);
    });
}

export function printApprovals(terminal: Terminal, runs: readonly RunApprovalsDocument[]): void {
  for (const { runId, experiment, stage, submittedBy, scopeDigest, needed, given, approvals } of runs) {
    const count = `${given} of ${needed}`;
    terminal.line(strong(runId), `  ${experiment} in ${stage}, submitted by ${submittedBy}`);
    terminal.line('  scope    ', scopeDigest);
    terminal.line('  approved ', given >= needed ? good(count) : bad(count));
    for (const { by, expiresAtUnixMs, voidBecause, comment } of approvals) {
      const note = voidBecause ? `does not count: ${voidBecause}` : `until ${timestamp(expiresAtUnixMs)}`;
      terminal.line(
        '  ',
        voidBecause ? bad('void') : good('yes '),
        `  ${by}, ${note}`,
        comment && quiet(`  ${comment}`),
      );
    }
  }
}
