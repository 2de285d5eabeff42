import type { Command } from 'commander';
import { coordinatorService } from '../../proto/services.ts';
import { isUnresolved, type RunDocument, runDocument } from '../client/run-document.ts';
import { type CliContext, type ConnectionOptions, helpText, withConnection, withCoordinator } from './context.ts';
import { deadlinesMs } from './deadlines.ts';
import { usageFailure } from './exit-code.ts';
import { bad, good, type Text } from './text.ts';
import { timestamp } from './time-text.ts';

const runsMax = 1000;

export function addRunsCommand(program: Command, context: CliContext): void {
  withConnection(program.command('runs'))
    .description('runs, the newest first')
    .option('--max <count>', 'at most this many', '50')
    .addHelpText('after', helpText('JSON: { runs: [{ runId, experiment, phase, result, cause, … }] }'))
    .action(async (options: ConnectionOptions & { max: string }) => {
      const count = Number(options.max);
      if (!Number.isInteger(count) || count < 1 || count > runsMax) {
        throw usageFailure(`--max must be a whole number from 1 to ${runsMax}, not "${options.max}"`);
      }
      const reply = await withCoordinator(context, options, (coordinator) =>
        coordinator.call(coordinatorService.listRuns, { runsMax: count }, deadlinesMs.ask),
      );
      const runs = (reply.runs ?? []).map(runDocument);
      if (options.json) context.terminal.document({ runs });
      else if (runs.length === 0) context.terminal.line('no runs');
      else {
        context.terminal.table(
          [{ title: 'RUN' }, { title: 'SUBMITTED' }, { title: 'EXPERIMENT' }, { title: 'STATE' }, { title: 'CAUSE' }],
          runs.map((run) => [run.runId, timestamp(run.submittedAtUnixMs), run.experiment, stateText(run), run.cause]),
        );
      }
    });
}

function stateText(run: RunDocument): Text {
  if (run.phase !== 'ended') return run.phase;
  if (isUnresolved(run)) return bad('unresolved');
  return run.result === 'held' ? good('held') : (run.result ?? 'ended');
}
