import type { Command } from 'commander';
import type { HostDocument, HostsDocument } from '../client/host-document.ts';
import { type CliContext, type ConnectionOptions, helpText, withConnection, withCoordinator } from './context.ts';
import { listHosts } from './inventory.ts';
import type { Terminal } from './terminal.ts';
import { bad, doubtful, good, type Text } from './text.ts';
import { ago } from './time-text.ts';

export function addHostsCommand(program: Command, context: CliContext): void {
  withConnection(program.command('hosts'))
    .description('the fleet: which hosts answer, their stage, labels and halt latch')
    .addHelpText(
      'after',
      helpText(
        'JSON: { hosts: [{ name, address, status, lastSeenMs, labels, stage, version, halt, activeFaults, faults, limits, error, unresolved, … }], halt }. Keeps the addresses for leash halt --direct.',
      ),
    )
    .action(async (options: ConnectionOptions) => {
      const document = await withCoordinator(context, options, (coordinator) => listHosts(context, coordinator));
      if (options.json) context.terminal.document(document);
      else printHosts(context.terminal, document);
    });
}

function printHosts(terminal: Terminal, { hosts, halt }: HostsDocument): void {
  if (halt?.halted) terminal.line(bad('HALTED'), ` by ${halt.by || 'unknown'}: ${halt.reason || 'no reason given'}`);
  if (hosts.length === 0) {
    terminal.line('no hosts');
    return;
  }
  terminal.table(
    [
      { title: 'HOST' },
      { title: 'STATUS' },
      { title: 'STAGE' },
      { title: 'HALT' },
      { title: 'FAULTS', align: 'right' },
      { title: 'LABELS' },
    ],
    hosts.map((host) => [
      host.name,
      statusText(host),
      host.stage,
      haltText(host),
      String(host.activeFaults),
      Object.entries(host.labels)
        .map(([key, value]) => `${key}=${value}`)
        .join(' '),
    ]),
  );
  for (const host of hosts) {
    if (host.error) terminal.line(`${host.name}: `, doubtful(host.error));
    for (const fault of host.unresolved) terminal.line(`${host.name}: `, bad('unresolved'), ` ${fault}`);
  }
}

function statusText(host: HostDocument): Text {
  if (host.status === 'connected') return good('connected');
  return bad(host.lastSeenMs === null ? 'never seen' : `unreachable, seen ${ago(host.lastSeenMs)}`);
}

function haltText({ halt }: HostDocument): Text {
  if (!halt) return '';
  if (!halt.halted) return `armed, epoch ${halt.epoch}`;
  const keeping = halt.memoryOnly ? ', in memory only' : halt.volatile ? ', volatile' : '';
  return bad(`halted, epoch ${halt.epoch}${keeping}`);
}
