/** What a door says when an input does not become a typed value, and the small checks that doors are made of. */

/** One input that is wrong: where, what it was, and what it must be. */
export class InvalidInput extends Error {
  constructor(
    readonly path: string,
    readonly value: unknown,
    readonly expectation: string,
  ) {
    super(`${path}: ${expectation}, not ${shown(value)}`);
    this.name = 'InvalidInput';
  }
}

/** @throws InvalidInput unless the value is an integer from min to max, both included. */
export function integerIn(value: unknown, path: string, min: number, max: number): number {
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max) {
    throw new InvalidInput(path, value, `must be a whole number from ${min} to ${max}`);
  }
  return value;
}

/** @throws InvalidInput unless the value is finite and from min to max, both included. */
export function numberIn(value: unknown, path: string, min: number, max: number): number {
  if (typeof value !== 'number' || !Number.isFinite(value) || value < min || value > max) {
    throw new InvalidInput(path, value, `must be a number from ${min} to ${max}`);
  }
  return value;
}

/** @throws InvalidInput unless the value is text of a permitted length without NUL. */
export function text(value: unknown, path: string, length: { lengthMin: number; lengthMax: number }): string {
  if (typeof value !== 'string') throw new InvalidInput(path, value, 'must be text');
  if (value.length < length.lengthMin || value.length > length.lengthMax) {
    throw new InvalidInput(path, value, `must be ${length.lengthMin} to ${length.lengthMax} characters long`);
  }
  if (value.includes('\0')) throw new InvalidInput(path, value, 'must not contain a NUL character');
  return value;
}

function shown(value: unknown): string {
  if (value === undefined || value === '') return 'nothing';
  const json = typeof value === 'number' ? String(value) : (JSON.stringify(value) ?? String(value));
  return json.length > 80 ? `${json.slice(0, 77)}…` : json;
}
