/** google.protobuf.Struct to plain JSON and back; fault parameters travel as one, since each kind has its own. */
import type { google } from './codec.ts';
import { InvalidInput } from './invalid-input.ts';

export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

const depthMax = 8;

/** @throws InvalidInput for values nested more than eight deep, and for numbers that are not finite. */
export function structToJson(struct: google.protobuf.IStruct | null | undefined, path: string, depth = 0): JsonObject {
  const result: Record<string, Json> = Object.create(null) as Record<string, Json>;
  for (const [key, value] of Object.entries(struct?.fields ?? {})) {
    result[key] = valueToJson(value, `${path}.${key}`, depth + 1);
  }
  return result;
}

function valueToJson(value: google.protobuf.IValue, path: string, depth: number): Json {
  if (depth > depthMax) throw new InvalidInput(path, '…', `must be nested at most ${depthMax} deep`);
  if (value.stringValue !== null && value.stringValue !== undefined) return value.stringValue;
  if (value.boolValue !== null && value.boolValue !== undefined) return value.boolValue;
  if (value.structValue) return structToJson(value.structValue, path, depth);
  if (value.listValue) {
    return (value.listValue.values ?? []).map((item, index) => valueToJson(item, `${path}[${index}]`, depth + 1));
  }
  if (value.numberValue !== null && value.numberValue !== undefined) {
    if (!Number.isFinite(value.numberValue)) throw new InvalidInput(path, value.numberValue, 'must be a finite number');
    return value.numberValue;
  }
  return null;
}

export function jsonToStruct(json: JsonObject): google.protobuf.IStruct {
  return {
    fields: Object.fromEntries(Object.entries(json).map(([key, value]) => [key, jsonToValue(value)])),
  };
}

function jsonToValue(json: Json): google.protobuf.IValue {
  if (json === null) return { nullValue: 0 };
  switch (typeof json) {
    case 'string':
      return { stringValue: json };
    case 'number':
      return { numberValue: json };
    case 'boolean':
      return { boolValue: json };
    default:
      return Array.isArray(json)
        ? { listValue: { values: json.map(jsonToValue) } }
        : { structValue: jsonToStruct(json as JsonObject) };
  }
}
