import type { Command } from 'commander';
import { conditionsHelp } from '../../proto/conditions-help.ts';
import { selectorToWire } from '../../proto/selector.ts';
import { selectorFromWords } from '../../proto/selector-words.ts';
import { coordinatorService } from '../../proto/services.ts';
import { type ProcessDocument, processDocument } from '../client/process-document.ts';
import { type CliContext, type ConnectionOptions, helpText, withConnection, withCoordinator } from './context.ts';
import { deadlinesMs } from './deadlines.ts';
import { exitCodes } from './exit-code.ts';
import type { Terminal } from './terminal.ts';
import { bad, quiet } from './text.ts';

interface PsOptions extends ConnectionOptions {
  readonly host?: readonly string[];
}

interface HostProcesses {
  readonly host: string;
  readonly processes: ProcessDocument[];
  error: string;
}

export function addPsCommand(program: Command, context: CliContext): void {
  withConnection(program.command('ps'))
    .description('which processes a selector would match, on each host')
    .argument('[conditions...]', 'such as name=nginx or parent.name=supervisor')
    .option('--host <name...>', 'only these hosts')
    .addHelpText('after', `\n${conditionsHelp}`)
    .addHelpText(
      'after',
      helpText(
        'JSON: { hosts: [{ host, processes: [{ pid, startTimeTicks, bootId, name, user, matched, protectedBy, … }], error }] }',
      ),
    )
    .action(async (words: readonly string[], options: PsOptions) => {
      const selector = selectorToWire(selectorFromWords(words));
      const hosts = new Map<string, HostProcesses>();
      await withCoordinator(context, options, (coordinator) =>
        coordinator.stream(
          coordinatorService.listFleetProcesses,
          { selector, hosts: [...(options.host ?? [])] },
          {
            deadlineMs: deadlinesMs.askFleet,
            onMessage(answer) {
              const host = answer.host ?? '';
              const found: HostProcesses = hosts.get(host) ?? { host, processes: [], error: '' };
              found.processes.push(...(answer.processes ?? []).map(processDocument));
              found.error ||= answer.error ?? '';
              hosts.set(host, found);
            },
          },
        ),
      );
      const document = { hosts: [...hosts.values()] };
      if (options.json) context.terminal.document(document);
      else printProcesses(context.terminal, document.hosts);
      if (document.hosts.some((host) => host.error !== '')) context.exitWith(exitCodes.unreachable);
    });
}

function printProcesses(terminal: Terminal, hosts: readonly HostProcesses[]): void {
  const rows = hosts.flatMap(({ host, processes }) => processes.map((process) => ({ host, process })));
  if (rows.length === 0) terminal.line('no process matches');
  else {
    terminal.table(
      [{ title: 'HOST' }, { title: 'PID', align: 'right' }, { title: 'USER' }, { title: 'NAME' }, { title: 'WHY' }],
      rows.map(({ host, process }) => [
        host,
        String(process.pid),
        process.user || String(process.uid),
        process.name,
        process.protectedBy.length > 0
          ? quiet(`protected: ${process.protectedBy.join('; ')}`)
          : process.matched.join('; '),
      ]),
    );
  }
  for (const { host, error } of hosts) if (error !== '') terminal.line(`${host}: `, bad(error));
}
