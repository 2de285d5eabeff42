/** Calls to one agent. Each has a deadline, and what comes back is either a typed reply or a HostCallFailed. */
import {
  type ChannelCredentials,
  Client,
  type ClientDuplexStream,
  Metadata,
  type MethodDefinition,
  type ServiceError,
  status,
} from '@grpc/grpc-js';
import type { leash } from '../../proto/codec.ts';
import { refusalsOf } from '../../proto/refusal-status.ts';
import { agentService } from '../../proto/services.ts';
import { HostCallFailed } from '../engine/fleet-port.ts';

export type SessionStream = ClientDuplexStream<leash.v1.SessionRequest, leash.v1.SessionReply>;

export interface AgentClient {
  /** @throws HostCallFailed */
  call<Request, Reply>(method: MethodDefinition<Request, Reply>, request: Request, deadlineMs: number): Promise<Reply>;
  /** A server stream, message by message. @throws HostCallFailed */
  read<Request, Reply>(
    method: MethodDefinition<Request, Reply>,
    request: Request,
    deadlineMs: number,
    receive: (reply: Reply) => void,
  ): Promise<void>;
  session(): SessionStream;
  close(): void;
}

const options = {
  // A call is made once: repeating an inject is nobody's business but the host's.
  'grpc.enable_retries': 0,
  'grpc.use_local_subchannel_pool': 1,
  'grpc.enable_http_proxy': 0,
  'grpc.initial_reconnect_backoff_ms': 250,
  'grpc.max_reconnect_backoff_ms': 5000,
  'grpc.max_receive_message_length': 8_388_608,
  // After a partition TCP itself waits as long again as the partition took; a new connection does not.
  'grpc.keepalive_time_ms': 4000,
  'grpc.keepalive_timeout_ms': 2000,
};

export function createAgentClient(address: string, credentials: ChannelCredentials): AgentClient {
  const client = new Client(address, credentials, options);
  return {
    call: (method, request, deadlineMs) =>
      new Promise((resolve, reject) => {
        client.makeUnaryRequest(
          method.path,
          method.requestSerialize,
          method.responseDeserialize,
          request,
          new Metadata(),
          { deadline: Date.now() + deadlineMs },
          (error, reply) => {
            if (error) reject(failure(error));
            else if (reply === undefined) reject(new HostCallFailed('unknown', 'the host answered with nothing'));
            else resolve(reply);
          },
        );
      }),
    read: (method, request, deadlineMs, receive) =>
      new Promise((resolve, reject) => {
        const stream = client.makeServerStreamRequest(
          method.path,
          method.requestSerialize,
          method.responseDeserialize,
          request,
          new Metadata(),
          { deadline: Date.now() + deadlineMs },
        );
        stream.on('data', receive);
        stream.on('end', resolve);
        stream.on('error', (error: ServiceError) => reject(failure(error)));
      }),
    session() {
      const method = agentService.session;
      return client.makeBidiStreamRequest(method.path, method.requestSerialize, method.responseDeserialize);
    },
    close: () => client.close(),
  };
}

/** These say that the host looked at the request and did nothing; of any other, nothing is known. */
const refusingCodes: readonly (number | undefined)[] = [
  status.FAILED_PRECONDITION,
  status.PERMISSION_DENIED,
  status.INVALID_ARGUMENT,
  status.UNAUTHENTICATED,
  status.UNIMPLEMENTED,
];

export function failure(error: Partial<ServiceError> & Error): HostCallFailed {
  const kind = refusingCodes.includes(error.code) ? 'refused' : 'unknown';
  // grpc-js tells what it waited for on the way, which is nothing to the reader.
  const message = error.code === status.DEADLINE_EXCEEDED ? 'no answer in time' : error.details || error.message;
  return new HostCallFailed(kind, message, refusalsOf(error));
}
