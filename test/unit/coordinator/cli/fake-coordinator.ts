/** Servers that answer what a test tells them to: a coordinator, or agents, over a Unix socket or mutual TLS. */
import {
  Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServerWritableStream,
  type ServiceDefinition,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js';
import type { TlsFiles } from '../../../../shared/tls-files.ts';

/** What a method answers; a stream of several when it gives a list, an error when it throws. */
export type Answers = { readonly [method: string]: (request: never) => unknown };

export interface FakeServer {
  /** As `--coordinator` takes it. */
  readonly address: string;
  /** Every request, by method, in order. */
  readonly requests: readonly { readonly method: string; readonly request: unknown }[];
  stop(): void;
}

/** @param at a Unix socket, or TLS files for a port of the loopback. */
export async function startFakeServer(
  service: ServiceDefinition,
  answers: Answers,
  at: { readonly socket: string } | { readonly tls: TlsFiles },
): Promise<FakeServer> {
  const server = new Server();
  const requests: { method: string; request: unknown }[] = [];
  const answer = async (method: string, request: unknown): Promise<unknown> => {
    requests.push({ method, request });
    const handler = answers[method];
    if (!handler) throw Object.assign(new Error('not in this test'), { code: status.UNIMPLEMENTED });
    return handler(request as never);
  };
  server.addService(
    service,
    Object.fromEntries(
      Object.entries(service).map(([method, { responseStream }]) => [
        method,
        responseStream
          ? (call: ServerWritableStream<unknown, unknown>) => {
              answer(method, call.request).then(
                (messages) => {
                  for (const message of messages as readonly unknown[]) call.write(message);
                  call.end();
                },
                (error) => call.emit('error', error),
              );
            }
          : (call: ServerUnaryCall<unknown, unknown>, reply: sendUnaryData<unknown>) => {
              answer(method, call.request).then(
                (message) => reply(null, message),
                (error) => reply(error),
              );
            },
      ]),
    ),
  );
  const credentials =
    'tls' in at
      ? ServerCredentials.createSsl(at.tls.ca, [{ private_key: at.tls.key, cert_chain: at.tls.cert }], true)
      : ServerCredentials.createInsecure();
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('tls' in at ? '127.0.0.1:0' : `unix:${at.socket}`, credentials, (error, bound) => {
      if (error) reject(error);
      else resolve(bound);
    });
  });
  return {
    address: 'tls' in at ? `127.0.0.1:${port}` : `unix:${at.socket}`,
    requests,
    stop: () => server.forceShutdown(),
  };
}
