/** Cuts traffic off: packets are dropped, or refused. */
import type { FaultKind } from './fault-kind.ts';
import { holdTraffic, ruleFault } from './hold-rules.ts';
import { checkTraffic, traffic } from './network-parameter.ts';
import { word } from './parameter.ts';

const parameters = {
  ...traffic,
  verdict: word('Dropped silently, or refused with an answer', ['drop', 'reject'], 'drop'),
};

export const networkCut: FaultKind<typeof parameters> = {
  ...ruleFault,
  kind: 'network.cut',
  summary: 'Cuts traffic of this host off; the agent, SSH and loopback are spared.',
  parameters,
  check: checkTraffic,
  hold: async (context) => holdTraffic(context, context.parameters, { kind: context.parameters.verdict }),
};
