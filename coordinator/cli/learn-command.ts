import type { Command } from 'commander';
import { coordinatorService } from '../../proto/services.ts';
import { runDocument } from '../client/run-document.ts';
import { type CliContext, type ConnectionOptions, helpText, withConnection, withCoordinator } from './context.ts';
import { deadlinesMs } from './deadlines.ts';
import { usageFailure } from './exit-code.ts';

interface LearnOptions extends ConnectionOptions {
  readonly finding?: readonly string[];
  readonly action?: readonly string[];
}

export function addLearnCommand(program: Command, context: CliContext): void {
  withConnection(program.command('learn'))
    .description('what people found in a run that is over, and what they mean to do about it; it goes into its report')
    .argument('<run>', 'the id of a run')
    .option('--finding <text...>', 'something that was not known, or not sure, before')
    .option('--action <text...>', 'something to do; "@OWNER: text" says who does it')
    .addHelpText('after', helpText('JSON: the run, as of leash run.'))
    .action(async (runId: string, { finding = [], action = [], ...options }: LearnOptions) => {
      if (finding.length + action.length === 0) throw usageFailure('give at least one --finding or --action');
      const reply = await withCoordinator(context, options, (coordinator) =>
        coordinator.call(
          coordinatorService.learn,
          { runId, findings: [...finding], actions: action.map(actionItem) },
          deadlinesMs.ask,
        ),
      );
      const run = runDocument(reply);
      if (options.json) context.terminal.document(run);
      else {
        const findings = run.learnings.reduce((sum, learning) => sum + learning.findings.length, 0);
        const actions = run.learnings.reduce((sum, learning) => sum + learning.actions.length, 0);
        context.terminal.line(`${run.experiment} ${runId}: ${findings} findings, ${actions} action items`);
      }
    });
}

function actionItem(written: string): { text: string; owner: string } {
  const match = /^@(\S+):\s+(.+)$/s.exec(written);
  return match ? { owner: match[1] as string, text: match[2] as string } : { owner: '', text: written };
}
