/** The process probe: how many processes match, what they use, and which of them are new since the window began. */
import { z } from 'zod';
import { selectorToWire } from '../../proto/selector.ts';
import type { ProcessSource } from '../core/experiment.ts';
import { selectorKeys } from '../experiment/selector-schema.ts';
import { compileSelector } from '../experiment/written-conditions.ts';
import { hostsOf, observedKeys, sampleHosts, sum } from './observed.ts';
import type { ProbeKind } from './probe-kind.ts';

const written = z.strictObject({
  ...selectorKeys(),
  ...observedKeys,
  atLeast: z.int().min(0).max(10_000).optional().meta({ description: 'On each host, or it is down; 1 unless said' }),
});

/** A restart is looked for over the whole run unless the file says otherwise. */
const windowDefaultMs = 600_000;

export const processProbe: ProbeKind<ProcessSource, typeof written> = {
  written,
  fields: {
    up: 'bool',
    count: 'double',
    restarts: 'double',
    respawned: 'double',
    rssBytes: 'double',
    cpuPercent: 'double',
    errorRatio: 'double',
  },
  mainField: 'count',
  compile: ({ on, timeout: _timeout, window, atLeast = 1, ...conditions }, place) => ({
    kind: 'process',
    selector: compileSelector(conditions, place.report),
    hosts: hostsOf(on, place),
    countMin: atLeast,
    windowMs: window ?? windowDefaultMs,
  }),
  sample: (source, asked) =>
    sampleHosts(
      source,
      asked,
      () => ({ processes: selectorToWire(source.selector) }),
      (replies) => {
        const seen = replies.map(({ host, reply }) => {
          const processes = reply.processes?.processes ?? [];
          return { host, processes, count: reply.processes?.matched ?? processes.length };
        });
        const count = sum(seen.map((each) => each.count));
        const all = seen.flatMap((each) => each.processes);
        return {
          isGood: seen.every((each) => each.count >= source.countMin),
          detail: `${count} processes`,
          values: {
            count,
            rssBytes: Math.max(0, ...all.map((process) => process.residentBytes ?? 0)),
            cpuPercent: sum(all.map((process) => process.cpuPercent ?? 0)),
          },
          identities: seen.flatMap(({ host, processes }) =>
            processes.map(({ identity }) => `${host}/${identity?.bootId}/${identity?.pid}/${identity?.startTimeTicks}`),
          ),
        };
      },
    ),
};
