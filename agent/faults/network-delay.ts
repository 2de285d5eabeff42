/** Makes packets late. */
import type { FaultKind } from './fault-kind.ts';
import { interfaceName, netemFault, queue } from './netem-fault.ts';
import { duration } from './parameter.ts';

const parameters = {
  interface: interfaceName,
  delay: duration({ minimum: 1, maximum: 60_000, summary: 'Of every packet that leaves.' }),
  jitter: duration({ minimum: 0, maximum: 60_000, fallback: 0, summary: 'By so much more or less, at random.' }),
};

export const networkDelay: FaultKind<typeof parameters> = {
  ...netemFault,
  kind: 'network.delay',
  summary: 'Delays the packets that leave by an interface; those of the agent and of sshd are spared.',
  parameters,
  sets: ({ interface: name, delay, jitter }, _targets, briefing) =>
    queue(name, `delay ${Math.round(delay * 1000)}us ${Math.round(jitter * 1000)}us`, briefing),
};
