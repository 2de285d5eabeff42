/** Gives the targets another share of a busy processor, by the nice value of each thread. */
import type { FaultKind } from './fault-kind.ts';
import { settingFault } from './hold-settings.ts';
import { nativeCalls, pidfds, scheduling } from './needs.ts';
import { count } from './parameter.ts';

const parameters = {
  nice: count({
    minimum: -20,
    maximum: 19,
    summary: 'Of every thread. 19 yields to all others; below 0 only where the policy’s niceMin allows it.',
  }),
};

export const processRenice: FaultKind<typeof parameters> = {
  ...settingFault,
  kind: 'process.renice',
  summary: 'Sets the nice value of every thread of the targets, and of what they start meanwhile.',
  aim: 'processes',
  needs: [nativeCalls, pidfds, scheduling],
  parameters,
  magnitude: ({ nice }) => ({ nice }),
  sets: ({ nice }, targets) => targets.map((of) => ({ what: 'nice', of, ours: String(nice) })),
};
