/** Limits the rate of traffic: packets above it are dropped. */
import type { FaultKind } from './fault-kind.ts';
import { holdTraffic, ruleFault } from './hold-rules.ts';
import { checkTraffic, traffic } from './network-parameter.ts';
import { bytes } from './parameter.ts';

const parameters = {
  ...traffic,
  perSecond: bytes({
    minimum: 1024,
    maximum: 2 ** 40,
    summary: 'What passes in a second, in each direction by itself, after a burst of as much and 64KiB.',
  }),
};

export const networkRate: FaultKind<typeof parameters> = {
  ...ruleFault,
  kind: 'network.rate',
  summary: 'Drops what is above a rate; the agent, SSH and loopback are spared.',
  parameters,
  check: checkTraffic,
  hold: async (context) =>
    holdTraffic(context, context.parameters, { kind: 'limit', bytesPerSecond: context.parameters.perSecond }),
};
