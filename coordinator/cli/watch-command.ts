import type { Command } from 'commander';
import { coordinatorService } from '../../proto/services.ts';
import { streamDeadlineMs } from '../client/caller.ts';
import { type RunEventDocument, runDocument, runEventDocument } from '../client/run-document.ts';
import { type CliContext, type ConnectionOptions, helpText, withConnection, withCoordinator } from './context.ts';
import { deadlinesMs } from './deadlines.ts';
import { printEvent, printVerdict, runExitCode } from './run-text.ts';

/** What a document of events holds at most; the oldest are left out. */
const eventsMax = 10_000;

export function addWatchCommand(program: Command, context: CliContext): void {
  withConnection(program.command('watch'))
    .description('events of one run until it is over, or of all runs until Ctrl-C; aborts nothing')
    .argument('[run]', 'the id of a run')
    .addHelpText(
      'after',
      helpText(
        "JSON: { events: [{ runId, sequence, atUnixMs, kind, host, text }], run }. Exits with the run's result.",
      ),
    )
    .action((runId: string | undefined, options: ConnectionOptions) =>
      withCoordinator(context, options, async (coordinator) => {
        const { terminal } = context;
        const stopped = new AbortController();
        const stop = (): void => stopped.abort();
        process.once('SIGINT', stop);
        process.once('SIGTERM', stop);
        terminal.whenReaderGone(stop);
        const events: RunEventDocument[] = [];
        await coordinator.stream(
          coordinatorService.watchRuns,
          { runId: runId ?? '' },
          {
            deadlineMs: streamDeadlineMs,
            signal: stopped.signal,
            onMessage(wire) {
              const event = runEventDocument(wire);
              if (!options.json) printEvent(terminal, event, runId === undefined);
              else if (events.push(event) > eventsMax) events.shift();
            },
          },
        );
        process.off('SIGINT', stop);
        process.off('SIGTERM', stop);
        const isOver = runId !== undefined && !stopped.signal.aborted;
        const run = isOver
          ? runDocument(await coordinator.call(coordinatorService.getRun, { runId }, deadlinesMs.ask))
          : null;
        if (options.json) terminal.document({ events, run });
        else if (run) printVerdict(terminal, run);
        if (run) context.exitWith(runExitCode(run));
      }),
    );
}
