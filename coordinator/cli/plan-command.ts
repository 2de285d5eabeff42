import type { Command } from 'commander';
import { coordinatorService } from '../../proto/services.ts';
import { type GateDocument, type HostPlanDocument, type PlanDocument, planDocument } from '../client/plan-document.ts';
import { dependencyTree } from '../report/dependency-tree.ts';
import { type CliContext, type ConnectionOptions, helpText, withConnection, withCoordinator } from './context.ts';
import { deadlinesMs } from './deadlines.ts';
import { type ExitCode, exitCodes } from './exit-code.ts';
import { readExperimentFile } from './experiment-argument.ts';
import { refusalText } from './failure-report.ts';
import { rememberHosts } from './inventory.ts';
import type { Terminal } from './terminal.ts';
import { bad, doubtful, good, quiet, strong } from './text.ts';

export function addPlanCommand(program: Command, context: CliContext): void {
  withConnection(program.command('plan'))
    .description("dry run: hosts, processes, limits, every gate's verdict; nothing is touched")
    .argument('<file>', 'an experiment file')
    .addHelpText(
      'after',
      helpText(
        'JSON: { experiment, stage, scopeDigest, targetsDigest, accepted, hosts: [{ host, step, fault, binding, targets, protected, refusals, warnings, error, … }], gates: [{ gate, passed, message }], notes }. Exits with 3 when a run would be refused.',
      ),
    )
    .action(async (file: string, options: ConnectionOptions) => {
      const { file: experiment } = readExperimentFile(file, context);
      const plan = await withCoordinator(context, options, async (coordinator) => {
        const [reply] = await Promise.all([
          coordinator.call(coordinatorService.planExperiment, experiment, deadlinesMs.askFleet),
          rememberHosts(context, coordinator),
        ]);
        return planDocument(reply);
      });
      if (options.json) context.terminal.document(plan);
      else printPlan(context.terminal, plan, file);
      context.exitWith(planExitCode(plan));
    });
}

export function planExitCode(plan: PlanDocument): ExitCode {
  if (plan.accepted) return exitCodes.done;
  const isRefused = plan.gates.some((gate) => !gate.passed) || plan.hosts.some((host) => host.refusals.length > 0);
  return isRefused ? exitCodes.refused : exitCodes.unreachable;
}

function printPlan(terminal: Terminal, plan: PlanDocument, file: string): void {
  terminal.line(strong(plan.experiment), ` in ${plan.stage}`);
  for (const line of dependencyTree(plan.facts)) terminal.line(line);
  for (const host of plan.hosts) printHost(terminal, host);
  terminal.line('');
  printGates(terminal, plan.gates);
  for (const detector of plan.facts.detectors) terminal.line('detector', `  ${detector}`);
  for (const note of plan.notes) terminal.line(doubtful('note'), `  ${note}`);
  terminal.line('');
  terminal.line('scope    ', plan.scopeDigest);
  terminal.line('targets  ', plan.targetsDigest);
  if (plan.accepted) terminal.line(good('would start'), `: leash run ${file} --targets ${plan.targetsDigest}`);
  else terminal.line(bad('would be refused'));
}

function printHost(terminal: Terminal, host: HostPlanDocument): void {
  terminal.line('');
  const binding = host.binding ? ` (${host.binding})` : '';
  const again = host.reselect ? ', chosen again just before' : '';
  terminal.line(`step ${host.step}  ${host.fault}${binding} on `, strong(host.host), again);
  if (host.error) terminal.line('  ', bad(host.error));
  const rows = [
    ...host.targets.map((process) => ({ process, why: process.matched.join('; ') })),
    ...host.protected.map((process) => ({ process, why: quiet(`protected: ${process.protectedBy.join('; ')}`) })),
  ];
  if (rows.length > 0) {
    terminal.table(
      [
        { title: '  PID', align: 'right' },
        { title: 'START', align: 'right' },
        { title: 'USER' },
        { title: 'NAME' },
        { title: 'WHY' },
      ],
      rows.map(({ process, why }) => [
        String(process.pid),
        String(process.startTimeTicks),
        process.user || String(process.uid),
        process.name,
        why,
      ]),
    );
  }
  for (const refusal of host.refusals) terminal.line('  ', bad('refused'), ` ${refusalText(refusal)}`);
  for (const warning of host.warnings) terminal.line('  ', quiet('warning'), ` ${warning}`);
}

export function printGates(terminal: Terminal, gates: readonly GateDocument[]): void {
  if (gates.length === 0) return;
  terminal.table(
    [{ title: 'GATE' }, { title: 'VERDICT' }, { title: 'WHY' }],
    gates.map((gate) => [gate.gate, gate.passed ? good('passed') : bad('refused'), gate.message]),
  );
}
