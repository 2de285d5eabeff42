import type { Command } from 'commander';
import { agentService, coordinatorService } from '../../proto/services.ts';
import { type HostRearmDocument, hostRearmDocument } from '../client/host-document.ts';
import { type CliContext, helpText, withConnection, withCoordinator } from './context.ts';
import { deadlinesMs } from './deadlines.ts';
import { askAgents, type DirectOptions } from './direct.ts';
import { exitCodes } from './exit-code.ts';
import { bad, good } from './text.ts';

interface RearmOptions extends DirectOptions {
  readonly reason: string;
}

export function addRearmCommand(program: Command, context: CliContext): void {
  withConnection(program.command('rearm'))
    .description('release the halt latch (needs the role rearmer); a halt that comes meanwhile wins')
    .argument('[hosts...]', 'only these; every host when none is named')
    .option('--reason <text>', 'for the audit', '')
    .option('--direct', 'straight to the agents, with the inventory that leash hosts saw last')
    .option('--inventory <file>', 'with --direct: another inventory')
    .addHelpText(
      'after',
      helpText(
        'JSON: { direct, hosts: [{ host, rearmed, epoch, error }] }. Exits with 3 unless every host was rearmed.',
      ),
    )
    .action(async (names: string[], options: RearmOptions) => {
      const hosts = options.direct
        ? await rearmAgents(context, options, names)
        : await rearmFleet(context, options, names);
      const { terminal } = context;
      if (options.json) terminal.document({ direct: options.direct === true, hosts });
      else {
        terminal.table(
          [{ title: 'HOST' }, { title: 'EPOCH', align: 'right' }, { title: 'STATE' }],
          hosts.map(({ host, epoch, rearmed, error }) => [
            host,
            String(epoch),
            rearmed ? good('armed') : bad(error || 'still halted'),
          ]),
        );
      }
      if (hosts.some((host) => !host.rearmed)) context.exitWith(exitCodes.refused);
    });
}

async function rearmFleet(
  context: CliContext,
  options: RearmOptions,
  names: string[],
): Promise<readonly HostRearmDocument[]> {
  const reply = await withCoordinator(context, options, (coordinator) =>
    coordinator.call(coordinatorService.rearmFleet, { reason: options.reason, hosts: names }, deadlinesMs.askFleet),
  );
  return (reply.hosts ?? []).map(hostRearmDocument);
}

/** Compare-and-set on the epoch that each host says it has, so that a halt in between is not undone. */
async function rearmAgents(
  context: CliContext,
  options: RearmOptions,
  names: readonly string[],
): Promise<readonly HostRearmDocument[]> {
  const answers = await askAgents<HostRearmDocument | undefined>(
    context,
    options,
    async (agent, host) => {
      if (names.length > 0 && !names.includes(host.name)) return undefined;
      const { halt } = await agent.call(agentService.describe, {}, deadlinesMs.agent);
      const reply = await agent.call(
        agentService.rearm,
        { expectedEpoch: halt?.epoch ?? 0, reason: options.reason },
        deadlinesMs.agent,
      );
      return { host: host.name, rearmed: reply.halt?.halted === false, epoch: reply.halt?.epoch ?? 0, error: '' };
    },
    (host, error) => ({ host: host.name, rearmed: false, epoch: 0, error: error.message }),
  );
  return answers.filter((answer) => answer !== undefined);
}
