/** A parameter that names a directory. Nothing is looked up here: whether it may be used is for the policy to say. */
import { InvalidInput, text } from '../../proto/invalid-input.ts';
import type { Parameter } from './parameter.ts';

const lengthMax = 4000;

export function directory(summary: string): Parameter<string> {
  return {
    unit: 'text',
    summary,
    isRequired: true,
    minimum: '',
    maximum: '',
    defaultValue: '',
    fallback: undefined,
    parse: parseDirectory,
  };
}

/** "/var/lib/app": absolute, and written in the one way in which a policy can name it too. */
function parseDirectory(value: unknown, path: string): string {
  const directory = text(value, path, { lengthMin: 1, lengthMax });
  const folders = directory.split('/').slice(1);
  const isPlain = directory === '/' || folders.every((folder) => folder !== '' && folder !== '.' && folder !== '..');
  if (directory.startsWith('/') && isPlain) return directory;
  throw new InvalidInput(path, value, 'must be an absolute path without .., such as /var/lib/app');
}
