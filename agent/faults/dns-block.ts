/** Keeps this host's questions from its resolvers: all of them, or those for given names. */
import { parseDnsName, tcpQueriesFor, udpQueryFor } from './dns-query.ts';
import type { FaultKind } from './fault-kind.ts';
import { controlPathOf, holdRules, ruleFault } from './hold-rules.ts';
import { listOf, networks, optional, type PortRange, ports } from './network-parameter.ts';
import { flag, type ParametersOf, word } from './parameter.ts';
import type { TrafficMatch } from './rule-script.ts';

const namesMax = 8;
const portDns: PortRange = { first: 53, last: 53 };

const parameters = {
  names: optional(
    listOf(parseDnsName, namesMax),
    'list',
    'Exactly these names, in plain DNS; answers from a cache, and names below them, are not touched. All when left out.',
  ),
  resolvers: networks('Addresses or networks (CIDR) of the resolvers; any when left out.'),
  ports: ports('Of the resolvers; 53 when left out. Add 853 for DNS over TLS, where only all names can be blocked.'),
  verdict: word('Queries get no answer, or are refused', ['drop', 'reject'], 'drop'),
  loopback: flag('Blocks queries to a resolver on this host, such as systemd-resolved, too.'),
};

export const dnsBlock: FaultKind<typeof parameters> = {
  ...ruleFault,
  kind: 'dns.block',
  summary: 'Blocks DNS queries of this host: all, or those for given names.',
  parameters,

  async hold({ kernel, briefing, parameters: asked }) {
    return holdRules(kernel, {
      controlPath: controlPathOf(briefing.controlPath),
      directions: ['out'],
      hitsLoopback: asked.loopback,
      matches: matchesOf(asked),
      verdict: { kind: asked.verdict },
    });
  },
};

function matchesOf(asked: ParametersOf<typeof parameters>): readonly TrafficMatch[] {
  const toResolvers = {
    remotePorts: asked.ports ?? [portDns],
    ...(asked.resolvers ? { addresses: asked.resolvers } : {}),
  };
  if (!asked.names) return [{ protocol: 'any', ...toResolvers }];
  return asked.names.flatMap((name): TrafficMatch[] => [
    { protocol: 'udp', ...toResolvers, payload: udpQueryFor(name) },
    ...tcpQueriesFor(name).map((payload): TrafficMatch => ({ protocol: 'tcp', ...toResolvers, payload })),
  ]);
}
