/** Crowds the targets together on a few CPUs. */
import { InvalidInput } from '../../proto/invalid-input.ts';
import { formatCpuList, parseCpuList } from '../core/cpu-list.ts';
import type { FaultKind } from './fault-kind.ts';
import { settingFault } from './hold-settings.ts';
import { nativeCalls, pidfds, scheduling } from './needs.ts';
import type { Parameter } from './parameter.ts';

const cpuList: Parameter<string> = {
  unit: 'text',
  summary: 'CPUs by their numbers, such as 0 or 0-1,3: some of those that the targets may run on now.',
  isRequired: true,
  minimum: '',
  maximum: '',
  defaultValue: '',
  fallback: undefined,
  parse(value, path) {
    const cpus = typeof value === 'string' || typeof value === 'number' ? parseCpuList(String(value)) : undefined;
    if (!cpus) throw new InvalidInput(path, value, 'must be CPUs such as 0 or 0-1,3');
    return formatCpuList(cpus);
  },
};

const parameters = { cpus: cpuList };

export const processAffinity: FaultKind<typeof parameters> = {
  ...settingFault,
  kind: 'process.affinity',
  summary: 'Lets every thread of the targets, and what they start meanwhile, run on some CPUs only.',
  aim: 'processes',
  needs: [nativeCalls, pidfds, scheduling],
  parameters,
  magnitude: () => ({}),
  sets: ({ cpus }, targets) => targets.map((of) => ({ what: 'affinity', of, ours: cpus })),
};
