import type { Command } from 'commander';
import { coordinatorService } from '../../proto/services.ts';
import { type CliContext, type ConnectionOptions, helpText, withConnection, withCoordinator } from './context.ts';
import { deadlinesMs } from './deadlines.ts';
import { exitCodes, usageFailure } from './exit-code.ts';
import { readExperimentFile } from './experiment-argument.ts';
import { bad, good } from './text.ts';

interface CanOptions extends ConnectionOptions {
  readonly host?: readonly string[];
  readonly stage?: string;
  readonly fault?: readonly string[];
}

/** What people call it to what the contract calls it; any other word is a method of the contract. */
const verbs: Readonly<Record<string, string>> = {
  hosts: 'ListHosts',
  ps: 'ListFleetProcesses',
  plan: 'PlanExperiment',
  'why-not': 'PlanExperiment',
  run: 'Start',
  drill: 'SubmitDrill',
  runs: 'ListRuns',
  show: 'GetRun',
  report: 'GetRun',
  watch: 'WatchRuns',
  halt: 'HaltFleet',
  rearm: 'RearmFleet',
  approvals: 'ListApprovals',
  whoami: 'WhoAmI',
};

export function addCanCommand(program: Command, context: CliContext): void {
  const { terminal } = context;
  withConnection(program.command('can'))
    .description('whether you may do something here; changes nothing')
    .argument('<verb>', 'a command of leash that speaks to the coordinator: plan, run, start, approve, halt, rearm, …')
    .argument('[file]', 'an experiment: asked for its stage, its faults and the hosts that it would choose')
    .option('--host <name...>', 'asked for these hosts')
    .option('--stage <stage>', 'asked for this stage')
    .option('--fault <kind...>', 'asked for these faults')
    .addHelpText('after', helpText('JSON: { verb, allowed, reasons }. Exits with 7 when it is not allowed.'))
    .action(async (verb: string, file: string | undefined, options: CanOptions) => {
      if (file !== undefined && (options.host || options.stage || options.fault)) {
        throw usageFailure('a file says its hosts, stage and faults itself: leave out --host, --stage and --fault');
      }
      const experiment = file === undefined ? {} : { file: readExperimentFile(file, context).file };
      const request = {
        method: verbs[verb] ?? verb.replaceAll('-', ''),
        ...experiment,
        hosts: [...(options.host ?? [])],
        stage: options.stage ?? '',
        faults: [...(options.fault ?? [])],
      };
      const { allowed, reasons } = await withCoordinator(context, options, (coordinator) =>
        coordinator.call(coordinatorService.can, request, deadlinesMs.askFleet),
      );
      if (options.json) terminal.document({ verb, allowed: allowed ?? false, reasons: reasons ?? [] });
      else {
        terminal.line(allowed ? good('yes') : bad('no'));
        for (const reason of reasons ?? []) terminal.line('  ', reason);
      }
      if (!allowed) context.exitWith(exitCodes.notAllowed);
    });
}
