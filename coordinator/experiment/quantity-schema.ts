/** Quantities as schema: the unit is checked where the file is read, and what comes out is a number. */
import { z } from 'zod';
import { InvalidInput } from '../../proto/invalid-input.ts';
import { type Bounds, formatDurationMs, parseDurationMs, parsePercent } from '../../proto/quantity.ts';
import { shown } from './file-problem.ts';

const hourMs = 3_600_000;

/** "250ms", "10s", "5m" to milliseconds. */
export function duration(bounds: Partial<Bounds> = {}) {
  const { minimum = 1, maximum = 24 * hourMs } = bounds;
  const range = `from ${formatDurationMs(minimum)} to ${formatDurationMs(maximum)}`;
  const described = {
    description: `A duration ${range}`,
    pattern: '^(\\d+(\\.\\d+)?(ms|s|m|h))+$',
    examples: ['250ms', '10s', '5m'],
  };
  return z
    .string({ error: ({ input }) => expected('must be a duration such as 250ms, 10s or 5m', input) })
    .meta(described)
    .transform(parsedBy((value) => parseDurationMs(value, '', { minimum, maximum })));
}

/** "25%" or, since the key says percent already, 25. */
export function percent() {
  const bounds = { minimum: 0.01, maximum: 100 };
  return z
    .union([z.string(), z.number()], {
      error: ({ input }) => expected('must be a percentage such as 25%', input),
    })
    .meta({ description: 'A percentage above 0%, at most 100%', examples: ['25%'] })
    .transform(parsedBy((value) => parsePercent(typeof value === 'number' ? `${value}%` : value, '', bounds)));
}

function expected(expectation: string, input: unknown): string {
  return input === undefined ? `is required, and ${expectation}` : `${expectation}, not ${shown(input)}`;
}

function parsedBy<Input>(parse: (value: Input) => number) {
  return (value: Input, context: z.RefinementCtx): number => {
    try {
      return parse(value);
    } catch (error) {
      if (!(error instanceof InvalidInput)) throw error;
      context.addIssue({ code: 'custom', message: `${error.expectation}, not ${shown(value)}` });
      return z.NEVER;
    }
  };
}
