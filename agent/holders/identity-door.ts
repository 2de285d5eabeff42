/** The holder's door for who is aimed at. */
import { type ProcessIdentity, parsePid } from '../../proto/identity.ts';
import { InvalidInput, integerIn, text } from '../../proto/invalid-input.ts';

/** @throws InvalidInput */
export function parseIdentity(value: unknown, path: string): ProcessIdentity {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new InvalidInput(path, value, 'must be an object');
  }
  const { bootId, pid, startTimeTicks } = value as Readonly<Record<string, unknown>>;
  return {
    bootId: text(bootId, `${path}.bootId`, { lengthMin: 1, lengthMax: 64 }),
    pid: parsePid(pid, `${path}.pid`),
    startTimeTicks: integerIn(startTimeTicks, `${path}.startTimeTicks`, 0, Number.MAX_SAFE_INTEGER),
  };
}
