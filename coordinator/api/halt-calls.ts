/** The global kill switch, its release, and the closing of hosts that never confirmed. */
import { randomUUID } from 'node:crypto';
import type { leash } from '../../proto/codec.ts';
import { InvalidInput, text } from '../../proto/invalid-input.ts';
import type { Engine } from '../engine/engine-api.ts';
import type { CoordinatorDoor } from './call.ts';
import { requireScope } from './require-scope.ts';
import { reasonOf } from './run-calls.ts';
import { hostHaltToWire, hostRearmToWire } from './wire.ts';

export function haltHandlers(engine: Engine, { unary }: CoordinatorDoor) {
  return {
    haltFleet: unary<leash.v1.HaltFleetRequest, leash.v1.IHaltFleetReply>('haltFleet', async (request, by) => {
      // A halt is never refused for its form: what is missing is made up, and what is too long is cut.
      const requestId = request.requestId.slice(0, 128) || randomUUID();
      const reason = request.reason.replaceAll('\0', '').slice(0, 1000);
      const hosts = await engine.halt({ requestId, reason, by, isDrill: request.drill });
      return { hosts: hosts.map(hostHaltToWire) };
    }),
    rearmFleet: unary<leash.v1.RearmFleetRequest, leash.v1.IRearmFleetReply>(
      'rearmFleet',
      async (request, by, asker) => {
        const known = engine.hosts().map((host) => host.name);
        for (const [index, host] of request.hosts.entries()) {
          if (!known.includes(host)) throw new InvalidInput(`hosts[${index}]`, host, 'must be in the inventory');
        }
        requireScope(asker, 'rearmFleet', request.hosts.length > 0 ? request.hosts : known, engine.hosts());
        const hosts = await engine.rearm({ hosts: request.hosts, reason: reasonOf(request.reason), by });
        return { hosts: hosts.map(hostRearmToWire) };
      },
    ),
    resolve: unary<leash.v1.ResolveRequest, leash.v1.IResolveReply>('resolve', async (request, by, asker) => {
      const host = text(request.host, 'host', { lengthMin: 1, lengthMax: 64 });
      const reason = text(request.reason, 'reason', { lengthMin: 1, lengthMax: 1000 });
      requireScope(asker, 'resolve', [host], engine.hosts());
      const { isAbandoned, message } = await engine.resolve({ host, reason, by });
      return { abandoned: isAbandoned, message };
    }),
  };
}
