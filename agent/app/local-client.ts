/** The agent's own command line speaks the same API as everybody else, over the local socket. */
import { credentials, type MethodDefinition, makeGenericClientConstructor, type ServiceError } from '@grpc/grpc-js';
import { agentService } from '../../proto/services.ts';

type UnaryName = Exclude<keyof typeof agentService, 'listProcesses' | 'watch' | 'session'>;
type RequestOf<Name extends UnaryName> =
  (typeof agentService)[Name] extends MethodDefinition<infer Request, infer _Reply> ? Partial<Request> : never;
type ReplyOf<Name extends UnaryName> =
  (typeof agentService)[Name] extends MethodDefinition<infer _Request, infer Reply> ? Reply : never;

export interface LocalClient {
  /** @throws ServiceError, DEADLINE_EXCEEDED after `deadlineMs` included. */
  call<Name extends UnaryName>(method: Name, request: RequestOf<Name>, deadlineMs: number): Promise<ReplyOf<Name>>;
  close(): void;
}

const AgentClient = makeGenericClientConstructor(agentService, 'leash.v1.Agent');

export function createLocalClient(socketPath: string): LocalClient {
  const client = new AgentClient(`unix:${socketPath}`, credentials.createInsecure());
  return {
    call: (method, request, deadlineMs) =>
      new Promise((resolve, reject) => {
        const answer = (error: ServiceError | null, reply: never): void => (error ? reject(error) : resolve(reply));
        const unary = client[method] as unknown as (
          request: unknown,
          options: { deadline: number },
          answer: (error: ServiceError | null, reply: never) => void,
        ) => void;
        unary.call(client, request, { deadline: Date.now() + deadlineMs }, answer);
      }),
    close: () => client.close(),
  };
}
