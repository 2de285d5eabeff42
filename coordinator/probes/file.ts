/** The file probe: whether a file is there, how large and how old, and how many of its new lines match. */
import { z } from 'zod';
import type { FileSource } from '../core/experiment.ts';
import { pattern } from '../experiment/quantity-schema.ts';
import { hostsOf, observedKeys, sampleHosts, sum } from './observed.ts';
import { type ProbeKind, windowOf } from './probe-kind.ts';

const written = z.strictObject({
  path: z
    .string()
    .min(2)
    .max(4095)
    .regex(/^(\/(?!\.{1,2}(\/|$))[^/\0]+)+$/, 'must be an absolute path without ..'),
  matches: pattern().optional().meta({ description: 'RE2, held against each line that is added' }),
  ...observedKeys,
});

export const fileProbe: ProbeKind<FileSource, typeof written> = {
  written,
  fields: { up: 'bool', matches: 'double', sizeBytes: 'double', ageMs: 'double', errorRatio: 'double' },
  compile: ({ path, matches, on, ...rest }, place) => ({
    kind: 'file',
    path,
    ...(matches === undefined ? {} : { pattern: matches }),
    hosts: hostsOf(on, place),
    windowMs: windowOf(rest, place),
  }),
  sample(source, asked) {
    const cursors = cursorsOf(asked.previous?.cursor);
    return sampleHosts(
      source,
      asked,
      (host) => ({ file: { path: source.path, pattern: source.pattern ?? '', cursor: cursors[host] ?? '' } }),
      (replies) => {
        const seen = replies.flatMap(({ reply }) => reply.file ?? []);
        const isThere = seen.every((file) => file.exists);
        return {
          isGood: isThere,
          detail: isThere ? 'there' : 'not there',
          values: {
            sizeBytes: sum(seen.map((file) => file.sizeBytes ?? 0)),
            ageMs: Math.max(...seen.map((file) => file.ageMs ?? Number.NaN)),
          },
          counts: { matches: sum(seen.map((file) => file.matches ?? 0)) },
          cursor: JSON.stringify(
            Object.fromEntries(replies.map(({ host, reply }) => [host, reply.file?.cursor ?? ''])),
          ),
        };
      },
    );
  },
};

/** Only this file writes it. */
function cursorsOf(cursor: string | undefined): Readonly<Record<string, string>> {
  return cursor === undefined ? {} : JSON.parse(cursor);
}
