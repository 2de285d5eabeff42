/** Loses a share of the packets, each by chance. */
import type { FaultKind } from './fault-kind.ts';
import { holdTraffic, ruleFault } from './hold-rules.ts';
import { checkTraffic, traffic } from './network-parameter.ts';
import { percent } from './parameter.ts';

const parameters = {
  ...traffic,
  loss: percent({ minimum: 0.01, maximum: 100, summary: 'Of the packets, in each direction by itself.' }),
};

export const networkLoss: FaultKind<typeof parameters> = {
  ...ruleFault,
  kind: 'network.loss',
  summary: 'Loses a share of the packets of this host; the agent, SSH and loopback are spared.',
  parameters,
  check: checkTraffic,
  hold: async (context) => holdTraffic(context, context.parameters, { kind: 'lose', percent: context.parameters.loss }),
};
