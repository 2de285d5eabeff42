/** Quantities as schema: the unit is checked where the file is read, and what comes out is a number. */
import { RE2JS } from 're2js';
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
  const parse = (value: unknown, path: string) => parsePercent(value, path, { minimum: 0.01, maximum: 100 });
  return percentage(parse).meta({ description: 'A percentage above 0%, at most 100%' });
}

/** @param parse of "25%"; a bare 25 is one too where the key can mean nothing else. */
export function percentage(parse: (value: unknown, path: string) => number) {
  return z
    .union([z.string(), z.number()], {
      error: ({ input }) => expected('must be a percentage such as 25%', input),
    })
    .meta({ examples: ['25%'] })
    .transform(parsedBy((value) => parse(typeof value === 'number' ? `${value}%` : value, '')));
}

/** "512MiB" or "2GB" to bytes. */
export function size(parse: (value: unknown, path: string) => number) {
  return z
    .string({ error: ({ input }) => expected('must be a size such as 512MiB or 2GB', input) })
    .meta({ pattern: '^\\d+(\\.\\d+)?([KMGT]iB|[kMGT]?B)$', examples: ['512MiB', '2GB'] })
    .transform(parsedBy((value) => parse(value, '')));
}

/** An RE2 expression, whose time is linear in the text. */
export function pattern() {
  return z.string().min(1).max(1024).refine(isRe2, 'must be a regular expression in RE2 syntax');
}

export function isRe2(expression: string): boolean {
  try {
    RE2JS.compile(expression);
    return true;
  } catch {
    return false;
  }
}

/** Without a user in it: a secret has no place in an experiment. */
export function isHttpUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return (protocol === 'http:' || protocol === 'https:') && username === '' && password === '';
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
