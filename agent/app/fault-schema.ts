/** The parameters of faults as JSON Schema (2020-12), from the same rows that parse a request and fill `Describe`. */
import type { JsonObject } from '../../proto/struct.ts';
import type { FaultKind } from '../faults/fault-kind.ts';
import type { Parameter } from '../faults/parameter.ts';

/** By the name of the fault: an object with its parameters and no other key. */
export function faultSchemas(kinds: readonly FaultKind[]): { readonly [kind: string]: JsonObject } {
  return Object.fromEntries(kinds.map((kind) => [kind.kind, schemaOf(kind)]));
}

/** The schemas of all faults in one document. */
export function faultSchemaDocument(kinds: readonly FaultKind[]): JsonObject {
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Parameters of the faults of Leash',
    $defs: faultSchemas(kinds),
  };
}

function schemaOf({ summary, parameters }: FaultKind): JsonObject {
  const entries = Object.entries(parameters);
  const required = entries.filter(([, { isRequired }]) => isRequired).map(([name]) => name);
  return {
    description: summary,
    type: 'object',
    properties: Object.fromEntries(entries.map(([name, parameter]) => [name, parameterSchema(parameter)])),
    ...(required.length === 0 ? {} : { required }),
    additionalProperties: false,
  };
}

function parameterSchema(parameter: Parameter<unknown>): JsonObject {
  const { unit, minimum, maximum, defaultValue, summary } = parameter;
  const range = minimum === '' ? '' : ` From ${minimum} to ${maximum}.`;
  const isWord = unit !== 'boolean' && unit !== 'count';
  const silent = defaultValue === '' ? {} : { default: isWord ? defaultValue : JSON.parse(defaultValue) };
  return { description: `${summary}${range}`, ...typeOf(parameter), ...silent };
}

function typeOf({ unit, minimum, maximum, words }: Parameter<unknown>): JsonObject {
  switch (unit) {
    case 'percent':
      return { type: 'string', pattern: '^\\d+(\\.\\d+)?%$' };
    case 'duration':
      return { type: 'string', pattern: '^(\\d+(\\.\\d+)?(ms|s|m|h))+$' };
    case 'bytes':
      return { type: 'string', pattern: '^\\d+(\\.\\d+)?([KMGT]iB|[kMGT]?B)$' };
    case 'count':
      return { type: 'integer', minimum: Number(minimum), maximum: Number(maximum) };
    case 'boolean':
      return { type: 'boolean' };
    case 'word':
      return { enum: [...(words ?? [])] };
    case 'text':
      return { type: ['string', 'integer'] };
    case 'list': {
      const one = { type: ['string', 'integer'] };
      return { anyOf: [one, { type: 'array', items: one, minItems: 1 }] };
    }
  }
}
