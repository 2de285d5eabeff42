import { randomUUID } from 'node:crypto';
import type { Command } from 'commander';
import { agentService, coordinatorService } from '../../proto/services.ts';
import { CallFailure } from '../client/call-failure.ts';
import { type HostHaltDocument, hostHaltDocument } from '../client/host-document.ts';
import { type CliContext, helpText, withConnection, withCoordinator } from './context.ts';
import { deadlinesMs } from './deadlines.ts';
import { askAgents, type DirectOptions } from './direct.ts';
import { CliFailure, exitCodes } from './exit-code.ts';
import type { Terminal } from './terminal.ts';
import { bad, doubtful, good, type Text } from './text.ts';
import { milliseconds, timestamp } from './time-text.ts';

interface HaltOptions extends DirectOptions {
  readonly reason: string;
}

export function addHaltCommand(program: Command, context: CliContext): void {
  withConnection(program.command('halt'))
    .description('the global kill switch: every host lets go of everything and stays halted until rearmed')
    .option('--reason <text>', 'for the audit and the latch', '')
    .option('--direct', 'straight to the agents, with the inventory that leash hosts saw last')
    .option('--inventory <file>', 'with --direct: another inventory')
    .addHelpText(
      'after',
      helpText(
        'JSON: { requestId, direct, confirmed, hosts: [{ host, latched, volatile, memoryOnly, epoch, latchedMs, restoredMs, confirmed, unconfirmed, error, lastLeaseEndsAtUnixMs }] }. Exits with 5 unless every host confirmed, with its latch on a disk that outlives a reboot.',
      ),
    )
    .action(async (options: HaltOptions) => {
      // One id for all attempts: a host that has seen it answers, and does not count a second halt.
      const requestId = randomUUID();
      const hosts = options.direct
        ? await haltAgents(context, options, requestId)
        : await haltFleet(context, options, requestId);
      const confirmed = hosts.every(isFullyConfirmed);
      const document = { requestId, direct: options.direct === true, confirmed, hosts };
      if (options.json) context.terminal.document(document);
      else printHalt(context.terminal, hosts);
      if (!confirmed) context.exitWith(exitCodes.unresolved);
    });
}

async function haltFleet(
  context: CliContext,
  options: HaltOptions,
  requestId: string,
): Promise<readonly HostHaltDocument[]> {
  try {
    const reply = await withCoordinator(context, options, (coordinator) =>
      coordinator.call(coordinatorService.haltFleet, { requestId, reason: options.reason }, deadlinesMs.halt),
    );
    return (reply.hosts ?? []).map(hostHaltDocument);
  } catch (error) {
    if (!(error instanceof CallFailure) || error.kind !== 'unreachable') throw error;
    throw new CliFailure(exitCodes.unreachable, `${error.message}\ngo straight to the agents: leash halt --direct`);
  }
}

function haltAgents(
  context: CliContext,
  options: HaltOptions,
  requestId: string,
): Promise<readonly HostHaltDocument[]> {
  return askAgents(
    context,
    options,
    async (agent, host) => {
      const { halt, ...reply } = await agent.call(
        agentService.halt,
        { requestId, reason: options.reason },
        deadlinesMs.agent,
      );
      return hostHaltDocument({
        ...reply,
        host: host.name,
        latched: halt?.halted ?? false,
        volatile: halt?.volatile ?? false,
        memoryOnly: halt?.memoryOnly ?? false,
        epoch: halt?.epoch ?? 0,
      });
    },
    (host, error) => hostHaltDocument({ host: host.name, error: error.message }),
  );
}

export function printHalt(terminal: Terminal, hosts: readonly HostHaltDocument[]): void {
  if (hosts.length === 0) {
    terminal.line('no hosts');
    return;
  }
  terminal.table(
    [
      { title: 'HOST' },
      { title: 'LATCHED', align: 'right' },
      { title: 'RESTORED', align: 'right' },
      { title: 'STATE' },
    ],
    hosts.map((host) => [
      host.host,
      host.latchedMs === null ? '–' : milliseconds(host.latchedMs),
      host.restoredMs === null ? '–' : milliseconds(host.restoredMs),
      haltState(host),
    ]),
  );
  const count = hosts.filter(isFullyConfirmed).length;
  terminal.line(`${count} of ${hosts.length} hosts halted and confirmed; leash rearm releases the latch`);
  if (hosts.some((host) => host.memoryOnly)) {
    terminal.line(
      'in memory only: an end of the agent would forget the halt; it goes on trying its disks, halt again to see',
    );
  }
}

/** A latch that a reboot would forget is not. */
export function isFullyConfirmed(host: HostHaltDocument): boolean {
  return host.confirmed && !host.volatile && !host.memoryOnly;
}

function haltState(host: HostHaltDocument): Text {
  if (!host.latched) {
    const lease = host.lastLeaseEndsAtUnixMs;
    const end = lease === null ? 'its last lease is not known' : `its last lease ends at ${timestamp(lease)}`;
    return bad(`not halted: ${host.error || 'unreachable'}; ${end}`);
  }
  const memory = host.memoryOnly ? ' in memory only' : '';
  if (!host.confirmed) return bad(`halted${memory}, but not confirmed: ${host.unconfirmed.join('; ')}`);
  if (host.memoryOnly) return bad(`halted${memory}, epoch ${host.epoch}`);
  return host.volatile ? doubtful(`halted, volatile, epoch ${host.epoch}`) : good(`halted, epoch ${host.epoch}`);
}
