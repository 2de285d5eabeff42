/** Gives a unit or a container less of the host, by the limits of its cgroup. */
import { InvalidInput } from '../../proto/invalid-input.ts';
import type { WantedSetting } from '../core/setting.ts';
import { cgroupPlace, checkPlace, device } from './cgroup-parameter.ts';
import type { FaultKind } from './fault-kind.ts';
import { settingFault } from './hold-settings.ts';
import { cgroupWriting, nativeCalls } from './needs.ts';
import { bytes, count, percent } from './parameter.ts';

const parameters = {
  ...cgroupPlace,
  cpu: percent({
    minimum: 1,
    maximum: 100_000,
    isOptional: true,
    summary: 'Time on a CPU: 50% is half of one CPU, 200% two of them.',
  }),
  memory: bytes({
    minimum: 2 ** 20,
    maximum: 2 ** 50,
    isOptional: true,
    summary: 'More than is in use now. What would need more waits for it, or is ended by the kernel.',
  }),
  pids: count({ minimum: 1, maximum: 4_194_304, isOptional: true, summary: 'Processes and threads.' }),
  io: bytes({
    minimum: 1024,
    maximum: 2 ** 40,
    isOptional: true,
    summary: 'Read in a second, and as much written, on `device`.',
  }),
  device,
};

const periodMicroseconds = 100_000;
/** The largest page of a Linux that Node runs on: the kernel rounds limits to whole pages. */
const pageBytes = 65_536;

export const cgroupLimit: FaultKind<typeof parameters> = {
  ...settingFault,
  kind: 'cgroup.limit',
  summary: 'Limits the CPU time, memory, tasks or disk traffic of a unit or a cgroup that the host policy lists.',
  aim: 'host',
  needs: [nativeCalls, cgroupWriting],
  parameters,
  check(wanted) {
    checkPlace(wanted);
    const { cpu, memory, pids, io, device } = wanted;
    if ([cpu, memory, pids, io].every((limit) => limit === undefined)) {
      throw new InvalidInput('parameters', '…', 'must have one of cpu, memory, pids and io');
    }
    if ((io === undefined) !== (device === undefined)) {
      throw new InvalidInput('parameters.device', device, 'must be set with io, and only with it');
    }
  },
  magnitude: () => ({}),
  sets({ unit, cgroup, cpu, memory, pids, io, device }) {
    const of = unit ?? cgroup ?? '';
    const perSecond = Math.floor(io ?? 0);
    return [
      ...one('cgroup-cpu', of, cpu && `${Math.round((cpu / 100) * periodMicroseconds)} ${periodMicroseconds}`),
      ...one('cgroup-memory', of, memory && String(Math.floor(memory / pageBytes) * pageBytes)),
      ...one('cgroup-pids', of, pids && String(pids)),
      ...one('cgroup-io', `${of} ${device}`, io && `${perSecond} ${perSecond}`),
    ];
  },
};

function one(what: WantedSetting['what'], of: string, ours: string | number | undefined): readonly WantedSetting[] {
  return typeof ours === 'string' ? [{ what, of, ours }] : [];
}
