/** Calls to a coordinator or an agent: promises over grpc-js, each with a deadline, never retried by themselves. */
import {
  type ChannelCredentials,
  Client,
  credentials,
  Metadata,
  type MethodDefinition,
  type ServiceError,
} from '@grpc/grpc-js';
import {
  createTlsCredentials,
  createTokenCredentials,
  type ExpectedPeer,
  tlsChannelOptions,
} from '../../shared/tls-client.ts';
import type { TlsFiles } from '../../shared/tls-files.ts';
import { callFailure } from './call-failure.ts';
import { type Address, formatAddress } from './endpoint.ts';

export interface Caller {
  /** As it goes into messages. */
  readonly address: string;
  /** @throws CallFailure */
  call<Request, Reply>(method: MethodDefinition<Request, Reply>, request: Request, deadlineMs: number): Promise<Reply>;
  /** Resolves when the stream ends by itself or by the signal. @throws CallFailure */
  stream<Request, Reply>(
    method: MethodDefinition<Request, Reply>,
    request: Request,
    options: { readonly deadlineMs: number; readonly signal?: AbortSignal; onMessage(message: Reply): void },
  ): Promise<void>;
  /** Cancels what is still waiting: an open stream would keep the process alive. What was asked for goes on over there. */
  close(): void;
}

/** A stream that only waits for events is ended after a day; whoever still wants it opens it again. */
export const streamDeadlineMs = 24 * 3_600_000;

const channelOptions = {
  // A peer that vanished without a word is noticed on a stream that has nothing to say.
  'grpc.keepalive_time_ms': 10_000,
  'grpc.keepalive_timeout_ms': 5_000,
  'grpc.enable_retries': 0,
  // Addresses are given by people; no name service may put a configuration in front of them.
  'grpc.service_config_disable_resolution': 1,
  'grpc.enable_http_proxy': 0,
};

/** Instead of a certificate; told by TLS only. */
export interface BearerToken {
  /** PEM of the authority that the other end's certificate is from. */
  readonly ca: Buffer;
  readonly token: string;
}

/** @param proof required for TCP; a Unix socket is guarded by its mode and takes none. */
export function createCaller(address: Address, expected: ExpectedPeer, proof?: TlsFiles | BearerToken): Caller {
  const name = formatAddress(address);
  const metadata = (): Metadata => {
    const made = new Metadata();
    if (address.kind === 'tcp' && proof && 'token' in proof) made.set('authorization', `Bearer ${proof.token}`);
    return made;
  };
  const open = new Set<{ cancel(): void }>();
  const client = new Client(name, channelCredentials(address, expected, proof), {
    ...channelOptions,
    ...(address.kind === 'tcp' ? tlsChannelOptions(expected) : {}),
  });
  return {
    address: name,
    call: ({ path, requestSerialize, responseDeserialize }, request, deadlineMs) =>
      new Promise((resolve, reject) => {
        const deadline = Date.now() + deadlineMs;
        const call = client.makeUnaryRequest(
          path,
          requestSerialize,
          responseDeserialize,
          request,
          metadata(),
          { deadline },
          (error, reply) => {
            open.delete(call);
            if (error) reject(callFailure(error, name, expected.role));
            else if (reply !== undefined) resolve(reply);
          },
        );
        open.add(call);
      }),
    stream: ({ path, requestSerialize, responseDeserialize }, request, { deadlineMs, signal, onMessage }) =>
      new Promise((resolve, reject) => {
        const deadline = Date.now() + deadlineMs;
        const call = client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, request, metadata(), {
          deadline,
        });
        open.add(call);
        const cancel = (): void => call.cancel();
        const over = (): void => {
          open.delete(call);
          signal?.removeEventListener('abort', cancel);
        };
        signal?.addEventListener('abort', cancel, { once: true });
        call.on('data', onMessage);
        call.on('end', () => {
          over();
          resolve();
        });
        call.on('error', (error) => {
          over();
          if (signal?.aborted) resolve();
          else reject(callFailure(error as ServiceError, name, expected.role));
        });
      }),
    close() {
      for (const call of open) call.cancel();
      client.close();
    },
  };
}

function channelCredentials(
  address: Address,
  expected: ExpectedPeer,
  proof: TlsFiles | BearerToken | undefined,
): ChannelCredentials {
  if (address.kind === 'unix') return credentials.createInsecure();
  if (proof && 'token' in proof) return createTokenCredentials(proof.ca, expected);
  if (proof) return createTlsCredentials(proof, expected);
  throw new Error('TCP without TLS files');
}
