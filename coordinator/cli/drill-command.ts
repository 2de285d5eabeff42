import type { Command } from 'commander';
import { formatDurationMs } from '../../proto/quantity.ts';
import { coordinatorService } from '../../proto/services.ts';
import { type Caller, streamDeadlineMs } from '../client/caller.ts';
import { type RunDocument, runDocument } from '../client/run-document.ts';
import { type CliContext, type ConnectionOptions, helpText, withConnection, withCoordinator } from './context.ts';
import { deadlinesMs } from './deadlines.ts';
import { exitCodes, usageFailure } from './exit-code.ts';
import { readExperimentFile } from './experiment-argument.ts';
import { addHaltDrillCommand } from './halt-drill-command.ts';
import { bad, good, quiet } from './text.ts';

interface RuleDrill {
  readonly line: number;
  readonly rule: string;
  readonly forMs: number;
  readonly passed: boolean;
  readonly runId: string;
  readonly cause: string;
  /** From the hold to the abort; null where either did not happen. */
  readonly tookMs: number | null;
}

export function addDrillCommand(program: Command, context: CliContext): void {
  const drill = program.command('drill').description('rehearsals of what ends an experiment');
  addHaltDrillCommand(drill, context);
  withConnection(drill.command('abort'))
    .description('prove that each abort rule of an experiment fires, and that what is held then ends')
    .argument('<file>', 'an experiment file')
    .addHelpText(
      'after',
      helpText(
        'For each rule a harmless hold (1% of one processor) begins on the hosts of the experiment; once it is in force the rule is shown values that breach it, for as long as it says. Nothing of the method is injected. Passed: the rule ended the run, and every host was seen to have let go. The results are kept, and needed before production.',
        'JSON: { experiment, passed, rules: [{ line, rule, forMs, passed, runId, cause, tookMs }] }. Exits with 1 unless all passed.',
      ),
    )
    .action(async (file: string, options: ConnectionOptions) => {
      const { file: written, experiment } = readExperimentFile(file, context);
      const { name, abort } = experiment;
      if (abort.length === 0) throw usageFailure(`${file}: has no abort rule to drill`);
      const { terminal } = context;
      const rules: RuleDrill[] = [];
      await withCoordinator(context, options, async (coordinator) => {
        for (const [index, { text, line, forMs }] of abort.entries()) {
          const request = { file: written, rule: index };
          const submitted = await coordinator.call(coordinatorService.submitDrill, request, deadlinesMs.start);
          const run = await runToEnd(coordinator, submitted.runId ?? '');
          const { drillPassed: passed, runId, cause } = run;
          const result = { line, rule: text, forMs, passed, runId, cause, tookMs: tookMs(run) };
          rules.push(result);
          if (!options.json) {
            const after = result.tookMs === null ? '' : ` after ${formatDurationMs(result.tookMs)}`;
            terminal.line(passed ? good('passed') : bad('FAILED'), `  line ${line}: ${text}`);
            terminal.line(quiet('        '), `${cause}${after}`);
          }
        }
      });
      const passed = rules.every((rule) => rule.passed);
      if (options.json) terminal.document({ experiment: name, passed, rules });
      if (!passed) context.exitWith(exitCodes.deviated);
    });
}

async function runToEnd(coordinator: Caller, runId: string): Promise<RunDocument> {
  await coordinator.call(coordinatorService.start, { runId }, deadlinesMs.start);
  const options = { deadlineMs: streamDeadlineMs, onMessage: () => {} };
  await coordinator.stream(coordinatorService.watchRuns, { runId }, options);
  return runDocument(await coordinator.call(coordinatorService.getRun, { runId }, deadlinesMs.ask));
}

function tookMs({ events }: RunDocument): number | null {
  const held = events.find((event) => event.kind === 'inject');
  const aborted = events.find((event) => event.kind === 'abort');
  return held && aborted ? aborted.atUnixMs - held.atUnixMs : null;
}
