/** The agent's gRPC server: the agent's service, health and reflection, without a listener yet. */
import { Server } from '@grpc/grpc-js';
import { agentService } from '../../proto/services.ts';
import { addHealthService } from '../../shared/grpc-health.ts';
import { addReflectionService } from '../../shared/grpc-reflection.ts';
import { actingHandlers } from './acting.ts';
import type { AgentContext } from './context.ts';
import { haltingHandlers } from './halting.ts';
import { readingHandlers } from './reading.ts';
import { rollbackHandlers } from './rollback-calls.ts';
import { sessionHandler } from './session.ts';

export const messageBytesMax = 262_144;
const metadataBytesMax = 8192;
const streamsPerConnectionMax = 32;

const services = ['leash.v1.Agent', 'grpc.health.v1.Health'];

export function createAgentServer(context: AgentContext): Server {
  const server = new Server({
    'grpc.max_receive_message_length': messageBytesMax,
    'grpc.max_metadata_size': metadataBytesMax,
    'grpc.max_concurrent_streams': streamsPerConnectionMax,
    'grpc.enable_channelz': 0,
  });
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
