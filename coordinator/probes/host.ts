/** The host probe: processor, load and memory of the busiest host. */
import { z } from 'zod';
import type { HostSource } from '../core/experiment.ts';
import { hostsOf, observedKeys, sampleHosts } from './observed.ts';
import { type ProbeKind, windowOf } from './probe-kind.ts';

const written = z.strictObject(observedKeys);

export const hostProbe: ProbeKind<HostSource, typeof written> = {
  written,
  fields: {
    up: 'bool',
    cpuPercent: 'double',
    load: 'double',
    memoryPercent: 'double',
    memoryAvailableBytes: 'double',
    errorRatio: 'double',
  },
  compile: ({ on, ...rest }, place) => ({ kind: 'host', hosts: hostsOf(on, place), windowMs: windowOf(rest, place) }),
  sample: (source, asked) =>
    sampleHosts(
      source,
      asked,
      () => ({ host: true }),
      (replies) => {
        const seen = replies.flatMap(({ reply }) => reply.host ?? []);
        const available = seen.map((host) => host.memoryAvailableBytes ?? Number.NaN);
        const used = seen.map((host, index) => 100 * (1 - (available[index] as number) / (host.memoryTotalBytes ?? 0)));
        return {
          isGood: seen.length === replies.length,
          detail: `${seen.length} hosts`,
          values: {
            cpuPercent: Math.max(...seen.map((host) => host.cpuPercent ?? Number.NaN)),
            load: Math.max(...seen.map((host) => host.load ?? Number.NaN)),
            memoryPercent: Math.max(...used),
            memoryAvailableBytes: Math.min(...available),
          },
        };
      },
    ),
};
