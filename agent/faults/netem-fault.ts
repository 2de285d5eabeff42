/** What the faults share that hold packets up or spoil them, by a queue of netem at an interface. */
import { InvalidInput } from '../../proto/invalid-input.ts';
import type { Briefing } from '../core/briefing.ts';
import { isInterfaceName, sparing } from '../core/netem.ts';
import type { WantedSetting } from '../core/setting.ts';
import { settingFault } from './hold-settings.ts';
import { nativeCalls, netem, trafficControl, trafficProgram } from './needs.ts';
import type { Parameter } from './parameter.ts';

/** 22 alone where nobody has said more: such a value is never set. */
const sparedAlways = [22];

export const interfaceName: Parameter<string> = {
  unit: 'text',
  summary: 'Packets that leave by this interface; the host policy must list it in interfaces.allow.',
  isRequired: true,
  minimum: '',
  maximum: '',
  defaultValue: '',
  fallback: undefined,
  parse(value, path) {
    if (typeof value === 'string' && isInterfaceName(value)) return value;
    throw new InvalidInput(path, value, 'must be the name of an interface, such as eth0');
  },
};

export const netemFault = {
  ...settingFault,
  aim: 'host',
  needs: [nativeCalls, trafficControl, trafficProgram, netem],
  asksHost: 'controlPath',
  magnitude: () => ({}),
} as const;

/** What the control path sends is spared: who is to end the fault must get through. */
export function queue(of: string, words: string, { controlPath }: Briefing): readonly WantedSetting[] {
  return [{ what: 'queueing', of, ours: sparing(words, controlPath?.localPorts ?? sparedAlways) }];
}
