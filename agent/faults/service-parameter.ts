/** A parameter that names a service of systemd. Whether it may be touched is for the policy to say. */
import { InvalidInput } from '../../proto/invalid-input.ts';
import { isServiceName } from '../core/unit-name.ts';
import type { Parameter } from './parameter.ts';

export const serviceName: Parameter<string> = {
  unit: 'text',
  summary: 'Its full name, such as shop.service; the host policy must list it in services.allow.',
  isRequired: true,
  minimum: '',
  maximum: '',
  defaultValue: '',
  fallback: undefined,
  parse(value, path) {
    if (typeof value === 'string' && isServiceName(value)) return value;
    throw new InvalidInput(path, value, 'must be the full name of a service, such as shop.service');
  },
};
