/** grpc.health.v1.Health. The usual package reads its .proto at run time, which a bundle cannot; the protocol is two calls. */
import {
  type Server,
  type ServerUnaryCall,
  type ServerWritableStream,
  type sendUnaryData,
  status,
} from '@grpc/grpc-js';
import { grpc } from '../proto/codec.ts';
import { healthService } from '../proto/services.ts';

const serving = grpc.health.v1.HealthCheckResponse.ServingStatus;

/** Adds the service. `isServing` is asked at each check, and once a second for a watch. */
export function addHealthService(server: Server, services: readonly string[], isServing: () => boolean): void {
  const statusOf = (service: string): number | undefined => {
    if (service !== '' && !services.includes(service)) return undefined;
    return isServing() ? serving.SERVING : serving.NOT_SERVING;
  };
  server.addService(healthService, {
    check(
      call: ServerUnaryCall<grpc.health.v1.HealthCheckRequest, grpc.health.v1.HealthCheckResponse.$Properties>,
      reply: sendUnaryData<grpc.health.v1.HealthCheckResponse.$Properties>,
    ) {
      const found = statusOf(call.request.service);
      if (found !== undefined) return reply(null, { status: found });
      return reply({
        code: status.NOT_FOUND,
        details: `no service is named "${call.request.service}"`,
      });
    },
    watch(
      call: ServerWritableStream<grpc.health.v1.HealthCheckRequest, grpc.health.v1.HealthCheckResponse.$Properties>,
    ) {
      let last: number | undefined;
      const tell = (): void => {
        const found = statusOf(call.request.service) ?? serving.SERVICE_UNKNOWN;
        if (found !== last) call.write({ status: found });
        last = found;
      };
      tell();
      const timer = setInterval(tell, 1000).unref();
      call.on('cancelled', () => {
        clearInterval(timer);
        call.end();
      });
    },
  });
}
