import { expect, test } from 'vitest';
import { experimentJsonSchema } from '../../../../coordinator/experiment/experiment-schema.ts';

test('the JSON Schema is of 2020-12, strict, and names every key with a unit pattern for durations', () => {
  const schema = experimentJsonSchema() as Record<string, unknown> & { properties: Record<string, unknown> };
  expect(schema.$schema).toBe('https://json-schema.org/draft/2020-12/schema');
  expect(schema.additionalProperties).toBe(false);
  expect(schema.required).toEqual(['apiVersion', 'kind', 'metadata', 'stage', 'targets', 'method']);
  expect(schema.properties.baseline).toMatchObject({ type: 'string', pattern: expect.any(String) });
  expect(schema.properties.rollback).toMatchObject({ type: 'array', maxItems: 16 });
});
