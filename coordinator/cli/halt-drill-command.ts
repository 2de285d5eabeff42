import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { coordinatorService } from '../../proto/services.ts';
import { hostHaltDocument, hostRearmDocument } from '../client/host-document.ts';
import { type CliContext, type ConnectionOptions, helpText, withConnection, withCoordinator } from './context.ts';
import { deadlinesMs } from './deadlines.ts';
import { exitCodes } from './exit-code.ts';
import { isFullyConfirmed, printHalt } from './halt-command.ts';
import { bad, good } from './text.ts';

export function addHaltDrillCommand(drill: Command, context: CliContext): void {
  withConnection(drill.command('halt'))
    .description(
      'rehearse the kill switch: a real halt of every host, and then its release; needs the role rearmer too',
    )
    .addHelpText(
      'after',
      helpText(
        'Whatever runs is aborted. The audit keeps whether every host confirmed, and leash doctor asks when that was last.',
        'JSON: { passed, hosts: [{ host, latchedMs, restoredMs, confirmed, … }], rearmed: [{ host, rearmed, epoch, error }] }. Exits with 5 unless every host confirmed, and with 3 unless every host was rearmed.',
      ),
    )
    .action(async (options: ConnectionOptions) => {
      const { terminal } = context;
      const reason = 'rehearsal of the halt';
      const { hosts, rearmed } = await withCoordinator(context, options, async (coordinator) => {
        const order = { requestId: randomUUID(), reason, drill: true };
        const halt = await coordinator.call(coordinatorService.haltFleet, order, deadlinesMs.halt);
        const rearm = await coordinator.call(
          coordinatorService.rearmFleet,
          { reason, hosts: [] },
          deadlinesMs.askFleet,
        );
        return {
          hosts: (halt.hosts ?? []).map(hostHaltDocument),
          rearmed: (rearm.hosts ?? []).map(hostRearmDocument),
        };
      });
      const passed = hosts.length > 0 && hosts.every(isFullyConfirmed);
      if (options.json) terminal.document({ passed, hosts, rearmed });
      else {
        printHalt(terminal, hosts);
        for (const { host, error } of rearmed.filter((one) => !one.rearmed))
          terminal.line(`${host}: `, bad(`not rearmed: ${error}`));
        terminal.line(passed ? good('passed') : bad('not passed'));
      }
      if (!passed) context.exitWith(exitCodes.unresolved);
      else if (rearmed.some((host) => !host.rearmed)) context.exitWith(exitCodes.refused);
    });
}
