import type { Command } from 'commander';
import { parseDurationMs } from '../../proto/quantity.ts';
import { coordinatorService } from '../../proto/services.ts';
import { CallFailure } from '../client/call-failure.ts';
import { type Caller, streamDeadlineMs } from '../client/caller.ts';
import { type RunDocument, runDocument, runEventDocument } from '../client/run-document.ts';
import { queueForMaxMs } from '../core/queueing.ts';
import { type CliContext, type ConnectionOptions, helpText, withConnection, withCoordinator } from './context.ts';
import { deadlinesMs } from './deadlines.ts';
import { CliFailure, exitCodes, usageFailure } from './exit-code.ts';
import { readExperimentFile } from './experiment-argument.ts';
import { rememberHosts } from './inventory.ts';
import { junitFile } from './junit-file.ts';
import { printEvent, printRun, runExitCode } from './run-text.ts';
import { strong, type Text } from './text.ts';

interface RunOptions extends ConnectionOptions {
  readonly wait?: boolean;
  readonly targets?: string;
  readonly junit?: string;
  readonly queue?: string | true;
}

export function addRunCommand(program: Command, context: CliContext): void {
  withConnection(program.command('run'))
    .description('submit an experiment and start it')
    .argument('<file>', 'an experiment file')
    .option('--wait', 'stay until it is over, and exit with its result')
    .option('--targets <digest>', 'exactly the targets that leash plan showed, or a refusal that says what changed')
    .option(
      '--queue [for]',
      'where another run has its zone, service or host: wait for it, for an hour unless said, instead of being refused',
    )
    .option('--junit <file>', 'with --wait: its result as JUnit XML, also when it is refused')
    .addHelpText(
      'after',
      helpText(
        'With --wait, Ctrl-C aborts the run and waits until every host has said what it saw; a second Ctrl-C leaves that to the coordinator. Without --wait the run goes on by itself.',
        'JSON: { runId, experiment, phase, result, cause, scopeDigest, faults: [{ host, step, kind, phase, receipt, error }], gates, probes, events, … }',
      ),
    )
    .action((file: string, options: RunOptions) =>
      withCoordinator(context, options, async (coordinator) => {
        const { file: experiment } = readExperimentFile(file, context);
        if (options.junit !== undefined && !options.wait) throw usageFailure('--junit goes with --wait');
        const junit = junitFile(options.junit, file);
        const queueMs = queueMsOf(options.queue);
        const [submitted] = await junit.alsoWhenRefused(
          Promise.all([
            coordinator.call(
              coordinatorService.submit,
              { file: experiment, targetsDigest: options.targets ?? '' },
              deadlinesMs.start,
            ),
            rememberHosts(context, coordinator),
          ]),
        );
        const runId = submitted.runId ?? '';
        const runOf = async () =>
          runDocument(await coordinator.call(coordinatorService.getRun, { runId }, deadlinesMs.ask));
        const run = options.wait
          ? await junit.alsoWhenRefused(
              startAndWait(context, coordinator, { runId, queueMs }, options.json === true),
              runOf,
            )
          : runDocument(await coordinator.call(coordinatorService.start, { runId, queueMs }, deadlinesMs.start));
        junit.write(run);
        if (options.json) context.terminal.document(run);
        else if (options.wait) {
          context.terminal.line('');
          printRun(context.terminal, run);
        } else if (run.queue) context.terminal.line(...queuedText(run, run.queue));
        else context.terminal.line('started ', strong(run.runId), `; follow it by leash watch ${run.runId}`);
        context.exitWith(runExitCode(run));
      }),
    );
}

const queueDefaultMs = 3_600_000;

/** 0: not to be queued. */
function queueMsOf(written: string | true | undefined): number {
  if (written === undefined) return 0;
  return written === true
    ? queueDefaultMs
    : parseDurationMs(written, '--queue', { minimum: 1000, maximum: queueForMaxMs });
}

function queuedText({ runId }: RunDocument, { place, why }: NonNullable<RunDocument['queue']>): readonly Text[] {
  return ['queued ', strong(runId), ` as number ${place}: ${why}; follow it by leash watch ${runId}`];
}

async function startAndWait(
  context: CliContext,
  coordinator: Caller,
  { runId, queueMs }: { readonly runId: string; readonly queueMs: number },
  isSilent: boolean,
): Promise<RunDocument> {
  const { terminal } = context;
  // The exit code is the result, so a reader that went away does not end the waiting.
  terminal.whenReaderGone(() => {});
  const interrupt = interruptHandling(context, coordinator, runId);
  try {
    // Events so far come first, so nothing is missed by starting before watching.
    const begun = runDocument(
      await interrupt.unlessLeft(coordinator.call(coordinatorService.start, { runId, queueMs }, deadlinesMs.start)),
    );
    const word = begun.queue ? 'queued ' : 'started ';
    if (!isSilent) terminal.line(word, strong(runId), terminal.isTerminal ? '; Ctrl-C aborts it' : '');
    await interrupt.unlessLeft(
      coordinator.stream(
        coordinatorService.watchRuns,
        { runId },
        {
          deadlineMs: streamDeadlineMs,
          onMessage(event) {
            if (!isSilent) printEvent(terminal, runEventDocument(event));
          },
        },
      ),
    );
    return runDocument(await coordinator.call(coordinatorService.getRun, { runId }, deadlinesMs.ask));
  } catch (error) {
    if (error instanceof CallFailure && error.kind === 'unreachable') {
      throw new CliFailure(exitCodes.unreachable, `${error.message}\n${withoutUs(runId)}`);
    }
    throw error;
  } finally {
    interrupt.stop();
  }
}

function withoutUs(runId: string): string {
  return `faults of ${runId} end by themselves when their leases run out; see leash show ${runId}`;
}

interface InterruptHandling {
  /** The result of the work, unless a second interrupt comes first. @throws CliFailure then. */
  unlessLeft<Result>(work: Promise<Result>): Promise<Result>;
  stop(): void;
}

/** The first Ctrl-C aborts what this command started; only the second one turns its back on it. */
function interruptHandling({ terminal }: CliContext, coordinator: Caller, runId: string): InterruptHandling {
  let interrupts = 0;
  let leave: (failure: CliFailure) => void = () => {};
  const left = new Promise<never>((_resolve, reject) => {
    leave = reject;
  });
  left.catch(() => {});
  const onInterrupt = (): void => {
    interrupts += 1;
    if (interrupts > 1) {
      const hint = `left to the coordinator; see leash show ${runId}, leash abort ${runId}`;
      leave(new CliFailure(exitCodes.unresolved, hint));
      return;
    }
    terminal.remark(`leash: aborting ${runId} and waiting for what the hosts saw; Ctrl-C again leaves that to them`);
    coordinator
      .call(coordinatorService.abort, { runId, reason: 'interrupted at the command line' }, deadlinesMs.abort)
      .catch((error: Error) => terminal.remark(`leash: the abort failed: ${error.message}`));
  };
  process.on('SIGINT', onInterrupt);
  process.on('SIGTERM', onInterrupt);
  return {
    unlessLeft: (work) => Promise.race([work, left]),
    stop() {
      process.off('SIGINT', onInterrupt);
      process.off('SIGTERM', onInterrupt);
    },
  };
}
