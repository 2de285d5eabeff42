/** Parameters of faults as a table: the same rows parse a request, fill `Describe` and make the JSON Schema. */
import { InvalidInput, integerIn } from '../../proto/invalid-input.ts';
import { formatBytes, formatDurationMs, parseBytes, parseDurationMs, parsePercent } from '../../proto/quantity.ts';
import type { JsonObject } from '../../proto/struct.ts';

export interface Parameter<Value> {
  readonly unit: 'percent' | 'duration' | 'bytes' | 'count' | 'boolean' | 'word' | 'text' | 'list';
  readonly summary: string;
  readonly isRequired: boolean;
  /** As a person would write them; empty where there is none. */
  readonly minimum: string;
  readonly maximum: string;
  readonly defaultValue: string;
  /** All that it can be, for the unit `word`. */
  readonly words?: readonly string[];
  /** @throws InvalidInput */
  parse(value: unknown, path: string): Value;
  readonly fallback: Value | undefined;
}

interface Range {
  readonly minimum: number;
  readonly maximum: number;
  readonly summary: string;
  /** Without one, the parameter is required unless `isOptional`. */
  readonly fallback?: number;
  readonly isOptional?: boolean;
}

export type ParameterTable = { readonly [name: string]: Parameter<unknown> };

/** The parsed parameters of a table: numbers in percent, milliseconds or bytes. */
export type ParametersOf<Table extends ParameterTable> = {
  readonly [Name in keyof Table]: Table[Name] extends Parameter<infer Value> ? Value : never;
};

export const percent = ranged('percent', parsePercent, (value) => `${value}%`);
export const duration = ranged('duration', parseDurationMs, formatDurationMs);
export const bytes = ranged('bytes', parseBytes, formatBytes);
export const count = ranged(
  'count',
  (value, path, bounds) => integerIn(value, path, bounds.minimum, bounds.maximum),
  String,
);

type Ranged = {
  (range: Range & { isOptional: true }): Parameter<number | undefined>;
  (range: Range): Parameter<number>;
};

function ranged(
  unit: Parameter<number>['unit'],
  parse: (value: unknown, path: string, range: Range) => number,
  format: (value: number) => string,
): Ranged {
  return ((range: Range) => ({
    unit,
    summary: range.summary,
    isRequired: range.fallback === undefined && range.isOptional !== true,
    minimum: format(range.minimum),
    maximum: format(range.maximum),
    defaultValue: range.fallback === undefined ? '' : format(range.fallback),
    parse: (value: unknown, path: string) => parse(value, path, range),
    fallback: range.fallback,
  })) as Ranged;
}

export function word<Word extends string>(
  summary: string,
  allowed: readonly Word[],
  fallback?: NoInfer<Word>,
): Parameter<Word> {
  return {
    unit: 'word',
    summary: `${summary} (${allowed.join(', ')})`,
    isRequired: fallback === undefined,
    minimum: '',
    maximum: '',
    defaultValue: fallback ?? '',
    words: allowed,
    fallback,
    parse(value, path) {
      const found = allowed.find((candidate) => candidate === value);
      if (found === undefined) throw new InvalidInput(path, value, `must be one of ${allowed.join(', ')}`);
      return found;
    },
  };
}

/** Off unless it is said. */
export function flag(summary: string): Parameter<boolean> {
  return {
    unit: 'boolean',
    summary,
    isRequired: false,
    minimum: '',
    maximum: '',
    defaultValue: 'false',
    fallback: false,
    parse(value, path) {
      if (typeof value !== 'boolean') throw new InvalidInput(path, value, 'must be true or false');
      return value;
    },
  };
}

/** @throws InvalidInput for a missing, unknown or impossible parameter; the path names it. */
export function parseParameters<Table extends ParameterTable>(table: Table, json: JsonObject): ParametersOf<Table> {
  for (const name of Object.keys(json)) {
    if (!Object.hasOwn(table, name)) {
      const known = Object.keys(table).join(', ');
      throw new InvalidInput(
        `parameters.${name}`,
        json[name],
        `is not a parameter of this fault (${known || 'it has none'})`,
      );
    }
  }
  const parsed = Object.entries(table).map(([name, parameter]) => {
    const value = json[name];
    if (value !== undefined && value !== null) return [name, parameter.parse(value, `parameters.${name}`)];
    if (parameter.isRequired) throw new InvalidInput(`parameters.${name}`, undefined, 'is required');
    return [name, parameter.fallback];
  });
  return Object.fromEntries(parsed) as ParametersOf<Table>;
}
