/** A parameter that names an entry of a list of the host's policy. Whether it is there is for the policy to say. */
import { text } from '../../proto/invalid-input.ts';
import type { Parameter } from './parameter.ts';

export function listName(summary: string): Parameter<string> {
  return {
    unit: 'text',
    summary,
    isRequired: true,
    minimum: '',
    maximum: '',
    defaultValue: '',
    fallback: undefined,
    parse: (value, path) => text(value, path, { lengthMin: 1, lengthMax: 64 }),
  };
}
