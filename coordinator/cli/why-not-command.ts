import type { Command } from 'commander';
import { coordinatorService } from '../../proto/services.ts';
import { type PlanDocument, planDocument } from '../client/plan-document.ts';
import { type CliContext, type ConnectionOptions, helpText, withConnection, withCoordinator } from './context.ts';
import { deadlinesMs } from './deadlines.ts';
import { readExperimentFile } from './experiment-argument.ts';
import { planExitCode } from './plan-command.ts';
import type { Terminal } from './terminal.ts';
import { bad, good, quiet, strong } from './text.ts';

export function addWhyNotCommand(program: Command, context: CliContext): void {
  withConnection(program.command('why-not'))
    .description('every gate side by side: which would refuse this experiment now, and what would have to change')
    .argument('<file>', 'an experiment file')
    .addHelpText(
      'after',
      helpText(
        'JSON: { experiment, stage, accepted, gates: [{ gate, passed, message, remedies }] }. Exits with 3 when any gate refuses.',
      ),
    )
    .action(async (file: string, options: ConnectionOptions) => {
      const { file: experiment } = readExperimentFile(file, context);
      const plan = await withCoordinator(context, options, async (coordinator) =>
        planDocument(await coordinator.call(coordinatorService.planExperiment, experiment, deadlinesMs.askFleet)),
      );
      const { experiment: name, stage, accepted, gates } = plan;
      if (options.json) context.terminal.document({ experiment: name, stage, accepted, gates });
      else printWhyNot(context.terminal, plan);
      context.exitWith(planExitCode(plan));
    });
}

function printWhyNot(terminal: Terminal, { experiment, stage, accepted, gates }: PlanDocument): void {
  terminal.line(strong(experiment), ` in ${stage}`);
  for (const { gate, passed, message, remedies } of gates) {
    terminal.line('');
    terminal.line(passed ? good('passed ') : bad('refused'), '  ', strong(gate));
    for (const reason of message.split('; ')) terminal.line(passed ? quiet(`  ${reason}`) : `  ${reason}`);
    for (const remedy of remedies) terminal.line('  → ', remedy);
  }
  terminal.line('');
  const refused = gates.filter((gate) => !gate.passed).length;
  if (accepted) terminal.line(good('nothing refuses it'), `: ${gates.length} of ${gates.length} gates passed`);
  else terminal.line(bad(`${refused} of ${gates.length} gates refuse it`));
}
