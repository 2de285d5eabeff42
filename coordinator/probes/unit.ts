/** The unit probe: whether a systemd unit is active, and how often its manager has restarted it. */
import { z } from 'zod';
import type { UnitSource } from '../core/experiment.ts';
import { hostsOf, observedKeys, sampleHosts, sum } from './observed.ts';
import { type ProbeKind, windowOf } from './probe-kind.ts';

const written = z.strictObject({
  name: z
    .string()
    .max(255)
    .regex(
      /^[A-Za-z0-9:_.@\\-]+\.(service|socket|target|timer|mount|slice|scope|path)$/,
      'must be the name of a unit, such as nginx.service',
    ),
  ...observedKeys,
});

export const unitProbe: ProbeKind<UnitSource, typeof written> = {
  written,
  fields: { up: 'bool', restarts: 'double', errorRatio: 'double' },
  compile: ({ name, on, ...rest }, place) => ({
    kind: 'unit',
    name,
    hosts: hostsOf(on, place),
    windowMs: windowOf(rest, place),
  }),
  sample: (source, asked) =>
    sampleHosts(
      source,
      asked,
      () => ({ unit: source.name }),
      (replies) => {
        const states = replies.map(({ reply }) => reply.unit?.activeState ?? 'unknown');
        return {
          isGood: states.every((state) => state === 'active'),
          detail: [...new Set(states)].join(', '),
          values: { restarts: sum(replies.map(({ reply }) => reply.unit?.restarts ?? 0)) },
        };
      },
    ),
};
