/** In place of `agent/host/settings/cgroup-limits.ts` and `agent/host/cgroup-folder.ts`: a simulated host has no cgroups. */
import { valueSetting } from '../../../agent/host/settings/value-setting.ts';

type Name = Parameters<typeof valueSetting>[0]['what'];

const none = (what: Name) =>
  valueSetting({
    what,
    isByProgram: false,
    isName: () => false,
    isValue: () => false,
    read: () => undefined,
    write: () => undefined,
  });

export const cgroupCpu = none('cgroup-cpu');
export const cgroupMemory = none('cgroup-memory');
export const cgroupPids = none('cgroup-pids');
export const cgroupIo = none('cgroup-io');
export const cgroupFrozen = none('cgroup-frozen');

export function processesIn(): readonly number[] {
  return [];
}
