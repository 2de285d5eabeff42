/** The agent's gRPC server: the agent's service, health and reflection, without a listener yet. */
import { Server } from '@grpc/grpc-js';
import { agentService } from '../../proto/services.ts';
import { addHealthService } from '../../shared/grpc-health.ts';
import { addReflectionService } from '../../shared/grpc-reflection.ts';
import { serverOptions } from '../../shared/server-options.ts';
import { actingHandlers } from './acting.ts';
import type { AgentContext } from './context.ts';
import { haltingHandlers } from './halting.ts';
import { readingHandlers } from './reading.ts';
import { rollbackHandlers } from './rollback-calls.ts';
import { sessionHandler } from './session.ts';

export const messageBytesMax = 262_144;

const services = ['leash.v1.Agent', 'grpc.health.v1.Health'];

export function createAgentServer(context: AgentContext): Server {
  const server = new Server(serverOptions(messageBytesMax, context.onRefused));
  server.addService(agentService, {
    ...readingHandlers(context),
    ...actingHandlers(context),
    ...haltingHandlers(context),
    ...rollbackHandlers(context),
    session: sessionHandler(context),
  });
  addHealthService(server, services, () => true);
  addReflectionService(server, [...services, 'grpc.reflection.v1.ServerReflection']);
  return server;
}
