/** The gRPC probe: grpc.health.v1.Health/Check, on a connection of its own. */
import { Client, credentials, Metadata, type ServiceError, status } from '@grpc/grpc-js';
import { z } from 'zod';
import { grpc } from '../../proto/codec.ts';
import { healthService } from '../../proto/services.ts';
import type { GrpcSource } from '../core/experiment.ts';
import { duration } from '../experiment/quantity-schema.ts';
import { askingFields, type ProbeKind, timed, type Verdict, windowOf } from './probe-kind.ts';

const written = z.strictObject({
  address: z
    .string()
    .max(300)
    .regex(/^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):\d{1,5}$/, 'must be host:port'),
  service: z.string().max(255).optional().meta({ description: 'The server as a whole unless said' }),
  tls: z
    .boolean()
    .optional()
    .meta({ description: 'By the certificate authorities that Node knows; false unless said' }),
  timeout: duration({ minimum: 10, maximum: 30_000 }).optional(),
  window: duration({ minimum: 1000, maximum: 3_600_000 }).optional(),
});

const channelOptions = {
  'grpc.enable_retries': 0,
  'grpc.use_local_subchannel_pool': 1,
  'grpc.enable_http_proxy': 0,
  'grpc.service_config_disable_resolution': 1,
};

export const grpcProbe: ProbeKind<GrpcSource, typeof written> = {
  written,
  fields: askingFields,
  compile: ({ address, service = '', tls = false, ...rest }, place) => ({
    kind: 'grpc',
    address,
    service,
    usesTls: tls,
    windowMs: windowOf(rest, place),
  }),
  sample: (source, asked) => timed(asked, (signal) => check(source, asked.probe.timeoutMs, signal)),
};

const { ServingStatus } = grpc.health.v1.HealthCheckResponse;

function check({ address, service, usesTls }: GrpcSource, timeoutMs: number, signal: AbortSignal): Promise<Verdict> {
  const client = new Client(address, usesTls ? credentials.createSsl() : credentials.createInsecure(), channelOptions);
  const { path, requestSerialize, responseDeserialize } = healthService.check;
  const answer = new Promise<Verdict>((resolve, reject) => {
    const call = client.makeUnaryRequest(
      path,
      requestSerialize,
      responseDeserialize,
      new grpc.health.v1.HealthCheckRequest({ service }),
      new Metadata(),
      // Its own clock ends it a little after ours, which says how long was waited.
      { deadline: Date.now() + timeoutMs + 1000 },
      (error, reply) => {
        if (error) reject(new Error(failureText(error)));
        else {
          const isGood = reply?.status === ServingStatus.SERVING;
          resolve({ isGood, detail: isGood ? 'serving' : `answered ${ServingStatus[reply?.status ?? 0]}` });
        }
      },
    );
    signal.addEventListener('abort', () => call.cancel(), { once: true });
  });
  return answer.finally(() => client.close());
}

function failureText(error: ServiceError): string {
  return `${status[error.code] ?? error.code}: ${error.details}`.slice(0, 300);
}
