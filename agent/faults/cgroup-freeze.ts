/** Holds everything in a cgroup still, by the freezer of the kernel. */
import { cgroupPlace, checkPlace } from './cgroup-parameter.ts';
import { despiteWatchdog } from './despite-watchdog.ts';
import type { FaultKind } from './fault-kind.ts';
import { settingFault } from './hold-settings.ts';
import { cgroupWriting, nativeCalls } from './needs.ts';

const parameters = { ...cgroupPlace, despiteWatchdog };

export const cgroupFreeze: FaultKind<typeof parameters> = {
  ...settingFault,
  kind: 'cgroup.freeze',
  summary:
    'Freezes a unit or a cgroup that the host policy lists. Under version 1 of cgroups, what is frozen cannot even be killed until it is thawed.',
  aim: 'host',
  needs: [nativeCalls, cgroupWriting],
  parameters,
  check: checkPlace,
  mindsWatchdog: ({ despiteWatchdog }) => !despiteWatchdog,
  magnitude: () => ({}),
  sets: ({ unit, cgroup }) => [{ what: 'cgroup-frozen', of: unit ?? cgroup ?? '', ours: 'frozen' }],
};
