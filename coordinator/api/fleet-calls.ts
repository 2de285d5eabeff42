/** What the fleet is, and what a selector would match on it. */
import type { ServerWritableStream } from '@grpc/grpc-js';
import { leash } from '../../proto/codec.ts';
import { InvalidInput } from '../../proto/invalid-input.ts';
import { type Selector, selectorFromWire } from '../../proto/selector.ts';
import type { Engine } from '../engine/engine-api.ts';
import type { FleetHost } from '../engine/fleet-port.ts';
import { type CoordinatorDoor, statusOf } from './call.ts';
import { requireScope } from './require-scope.ts';

export function fleetHandlers(engine: Engine, door: CoordinatorDoor, bootMs: () => number) {
  return {
    listHosts: door.unary<leash.v1.ListHostsRequest, leash.v1.IListHostsReply>('listHosts', () => {
      const { isHalted, epoch, reason, by } = engine.latch();
      const halt = { halted: isHalted, epoch, reason, by };
      const hosts = engine.hosts().map((host) => hostToWire(host, engine.unresolvedOn(host.name), bootMs()));
      return { hosts, halt, haltDrilledAtUnixMs: engine.haltDrilledAtUnixMs() ?? 0 };
    }),

    listFleetProcesses(call: ServerWritableStream<leash.v1.ListFleetProcessesRequest, leash.v1.IFleetProcesses>) {
      listProcesses(engine, door, call).then(
        () => call.end(),
        (error: unknown) => call.emit('error', statusOf(error)),
      );
    },
  };
}

async function listProcesses(
  engine: Engine,
  { admit }: CoordinatorDoor,
  call: ServerWritableStream<leash.v1.ListFleetProcessesRequest, leash.v1.IFleetProcesses>,
): Promise<void> {
  const { asker } = await admit(call, 'listFleetProcesses');
  const selector = selectorFromWire(call.request.selector, 'selector');
  const names = engine.hosts().map((host) => host.name);
  const asked = call.request.hosts.length > 0 ? call.request.hosts : names;
  for (const [index, host] of asked.entries()) {
    if (!names.includes(host)) throw new InvalidInput(`hosts[${index}]`, host, 'must be in the inventory');
  }
  requireScope(asker, 'listFleetProcesses', asked, engine.hosts());
  await Promise.all(asked.map((host) => listOne(engine, call, host, selector)));
}

async function listOne(
  engine: Engine,
  call: ServerWritableStream<leash.v1.ListFleetProcessesRequest, leash.v1.IFleetProcesses>,
  host: string,
  selector: Selector,
): Promise<void> {
  try {
    let isAnswered = false;
    await engine.listProcesses(host, selector, (processes) => {
      isAnswered = true;
      call.write({ host, processes: [...processes] });
    });
    // A host on which nothing matches is told from one that was not asked.
    if (!isAnswered) call.write({ host });
  } catch (error) {
    call.write({ host, error: error instanceof Error ? error.message : String(error) });
  }
}

function hostToWire(host: FleetHost, unresolved: readonly string[], nowMs: number): leash.v1.IHost {
  const { CONNECTED, UNREACHABLE } = {
    CONNECTED: leash.v1.HostStatus.HOST_STATUS_CONNECTED,
    UNREACHABLE: leash.v1.HostStatus.HOST_STATUS_UNREACHABLE,
  };
  return {
    name: host.name,
    address: host.address,
    labels: { ...host.labels },
    status: host.isConnected ? CONNECTED : UNREACHABLE,
    ...(host.seenAtMs === undefined ? {} : { lastSeenMs: Math.max(0, Math.round(nowMs - host.seenAtMs)) }),
    ...(host.description ? { description: host.description.wire } : {}),
    ...(host.error === undefined ? {} : { error: host.error }),
    unresolved: [...unresolved],
  };
}
