/** The TCP probe: whether a connection is accepted, and how long that takes. */
import { connect } from 'node:net';
import { z } from 'zod';
import type { TcpSource } from '../core/experiment.ts';
import { duration } from '../experiment/quantity-schema.ts';
import { askingFields, type ProbeKind, timed, windowOf } from './probe-kind.ts';

const written = z.strictObject({
  host: z.string().min(1).max(255),
  port: z.int().min(1).max(65_535),
  timeout: duration({ minimum: 10, maximum: 30_000 }).optional(),
  window: duration({ minimum: 1000, maximum: 3_600_000 }).optional(),
});

export const tcpProbe: ProbeKind<TcpSource, typeof written> = {
  written,
  fields: askingFields,
  compile: (tcp, place) => ({ kind: 'tcp', host: tcp.host, port: tcp.port, windowMs: windowOf(tcp, place) }),
  sample: ({ host, port }, asked) =>
    timed(
      asked,
      (signal) =>
        new Promise((resolve, reject) => {
          const socket = connect({ host, port, signal }, () => {
            // What was accepted is closed at once: nothing is asked of the service.
            socket.destroy();
            resolve({ isGood: true, detail: 'connected' });
          });
          socket.on('error', reject);
        }),
    ),
};
