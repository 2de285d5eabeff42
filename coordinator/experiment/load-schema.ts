/** A step that drives traffic, as a file writes it. */
import { z } from 'zod';
import { duration, isHttpUrl } from './quantity-schema.ts';

const connectionsMax = 1000;
const requestsPerSecondMax = 10_000;

export const loadStep = z.strictObject({
  load: z
    .strictObject({
      url: z
        .string()
        .max(2000)
        .refine(isHttpUrl, 'must be an http:// or https:// address without a user in it')
        .meta({ description: "Where it goes: a host and port that the coordinator's file lists under load.targets" }),
      rate: z
        .number()
        .min(0.1)
        .max(requestsPerSecondMax)
        .optional()
        .meta({ description: 'Requests a second, evenly; or replay' }),
      replay: z
        .string()
        .regex(/^[a-z][a-z0-9-]{0,62}$/, "must be the name of a log of the coordinator's file")
        .optional()
        .meta({ description: 'A recorded access log, with its own timing; begins again when it is over' }),
      speed: z
        .number()
        .min(0.1)
        .max(100)
        .optional()
        .meta({ description: 'Of a replay: 2 is twice as fast; 1 unless said' }),
      connections: z
        .int()
        .min(1)
        .max(connectionsMax)
        .optional()
        .meta({ description: 'At most this many; 10 unless said' }),
    })
    .meta({ description: 'Drives traffic, in development and staging' }),
  for: duration(),
});

export type WrittenLoadStep = z.output<typeof loadStep>;
