/** The coordinator's gRPC server: its service, health and reflection, without a listener yet. */
import { Server } from '@grpc/grpc-js';
import { coordinatorService } from '../../proto/services.ts';
import { addHealthService } from '../../shared/grpc-health.ts';
import { addReflectionService } from '../../shared/grpc-reflection.ts';
import type { Refusal } from '../../shared/refusal-records.ts';
import { serverOptions } from '../../shared/server-options.ts';
import type { Engine } from '../engine/engine-api.ts';
import { accessHandlers } from './access-calls.ts';
import { approvalHandlers } from './approval-calls.ts';
import type { CoordinatorDoor } from './call.ts';
import { fleetHandlers } from './fleet-calls.ts';
import { haltHandlers } from './halt-calls.ts';
import { runHandlers } from './run-calls.ts';
import { watchHandlers } from './watch-calls.ts';

/** An experiment file and a little more. */
const messageBytesMax = 524_288;

const services = ['leash.v1.Coordinator', 'grpc.health.v1.Health'];

export function createCoordinatorServer(
  engine: Engine,
  door: CoordinatorDoor,
  bootMs: () => number,
  onRefused?: (refusal: Refusal) => void,
): Server {
  const server = new Server(serverOptions(messageBytesMax, onRefused));
  server.addService(coordinatorService, {
    ...fleetHandlers(engine, door, bootMs),
    ...runHandlers(engine, door),
    ...watchHandlers(engine, door),
    ...haltHandlers(engine, door),
    ...accessHandlers(engine, door),
    ...approvalHandlers(engine, door),
  });
  addHealthService(server, services, () => true);
  addReflectionService(server, [...services, 'grpc.reflection.v1.ServerReflection']);
  return server;
}
