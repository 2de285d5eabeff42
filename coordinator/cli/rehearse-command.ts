import type { Command } from 'commander';
import { coordinatorService } from '../../proto/services.ts';
import { type RehearsalDocument, rehearsalDocument } from '../client/programme-document.ts';
import { type CliContext, type ConnectionOptions, helpText, withConnection, withCoordinator } from './context.ts';
import { deadlinesMs } from './deadlines.ts';
import { exitCodes } from './exit-code.ts';
import { readExperimentFile } from './experiment-argument.ts';
import type { Terminal } from './terminal.ts';
import { bad, good } from './text.ts';

export function addRehearseCommand(program: Command, context: CliContext): void {
  withConnection(program.command('rehearse'))
    .description('run the rollback of an experiment alone, on the hosts that it would touch; nothing is injected')
    .argument('<file>', 'an experiment file')
    .addHelpText(
      'after',
      helpText(
        'JSON: { rehearsalId, experiment, stage, passed, hosts: [{ host, actions: [{ action, done, seen, tookMs }], error }] }. Exits with 1 when an action did not do what it should.',
      ),
    )
    .action(async (file: string, options: ConnectionOptions) => {
      const { file: experiment } = readExperimentFile(file, context);
      const reply = await withCoordinator(context, options, (coordinator) =>
        coordinator.call(coordinatorService.rehearse, experiment, deadlinesMs.rehearse),
      );
      const rehearsal = rehearsalDocument(reply);
      if (options.json) context.terminal.document(rehearsal);
      else printRehearsal(context.terminal, rehearsal);
      if (!rehearsal.passed) context.exitWith(exitCodes.deviated);
    });
}

function printRehearsal(terminal: Terminal, { rehearsalId, passed, hosts }: RehearsalDocument): void {
  terminal.table(
    [{ title: 'HOST' }, { title: 'ACTION' }, { title: 'OUTCOME' }, { title: 'SEEN' }],
    hosts.flatMap(({ host, actions, error }) => [
      ...actions.map(({ action, done, seen, tookMs }) => [
        host,
        action,
        done ? good('done') : bad('NOT done'),
        `${seen}, ${tookMs} ms`,
      ]),
      ...(error ? [[host, '', bad('not known'), error]] : []),
    ]),
  );
  terminal.line(passed ? good('rehearsed') : bad('not rehearsed'), `  ${rehearsalId}`);
}
