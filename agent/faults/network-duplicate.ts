/** Sends packets twice. */
import type { FaultKind } from './fault-kind.ts';
import { interfaceName, netemFault, queue } from './netem-fault.ts';
import { percent } from './parameter.ts';

const parameters = {
  interface: interfaceName,
  share: percent({ minimum: 0.01, maximum: 100, summary: 'Of the packets that leave.' }),
};

export const networkDuplicate: FaultKind<typeof parameters> = {
  ...netemFault,
  kind: 'network.duplicate',
  summary: 'Sends packets twice that leave by an interface; those of the agent and of sshd are spared.',
  parameters,
  sets: ({ interface: name, share }, _targets, briefing) =>
    queue(name, `duplicate ${Number(share.toFixed(4))}%`, briefing),
};
