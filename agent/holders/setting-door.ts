/** The holder's door for what it is to set and to put back. */
import { InvalidInput, integerIn, text } from '../../proto/invalid-input.ts';
import { type KeptSetting, settingNames } from '../core/setting.ts';
import { parseIdentity } from './identity-door.ts';

const settingsMax = 256;
const exceptionsMax = 64;
const nameLengthMax = 4096;
const valueLengthMax = 1024;

/** @throws InvalidInput */
export function parseKeptSettings(value: unknown, path: string): readonly KeptSetting[] {
  if (!Array.isArray(value) || value.length > settingsMax) {
    throw new InvalidInput(path, value, `must be a list of at most ${settingsMax}`);
  }
  return value.map((each, index) => parseKeptSetting(each, `${path}[${index}]`));
}

/** @throws InvalidInput */
export function parseKeptSetting(value: unknown, path: string): KeptSetting {
  if (typeof value !== 'object' || value === null) throw new InvalidInput(path, value, 'must be an object');
  const { what, of, bootId, ours, original, exceptions, sinceTicks } = value as Readonly<Record<string, unknown>>;
  const name = settingNames.find((candidate) => candidate === what);
  if (!name) throw new InvalidInput(`${path}.what`, what, `must be one of ${settingNames.join(', ')}`);
  if (!Array.isArray(exceptions) || exceptions.length > exceptionsMax) {
    throw new InvalidInput(`${path}.exceptions`, exceptions, `must be a list of at most ${exceptionsMax}`);
  }
  const words = { lengthMin: 0, lengthMax: valueLengthMax };
  return {
    what: name,
    of:
      typeof of === 'string'
        ? text(of, `${path}.of`, { lengthMin: 1, lengthMax: nameLengthMax })
        : parseIdentity(of, `${path}.of`),
    bootId: text(bootId, `${path}.bootId`, { lengthMin: 1, lengthMax: 64 }),
    ours: text(ours, `${path}.ours`, words),
    original: text(original, `${path}.original`, words),
    exceptions: exceptions.map((pair: unknown, index) => {
      const at = `${path}.exceptions[${index}]`;
      const [tid, one] = Array.isArray(pair) ? pair : [];
      return [integerIn(tid, at, 1, 4_194_304), text(one, at, words)] as const;
    }),
    sinceTicks: integerIn(sinceTicks, `${path}.sinceTicks`, 0, Number.MAX_SAFE_INTEGER),
  };
}
