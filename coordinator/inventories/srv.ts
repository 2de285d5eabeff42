/**
 * DNS service records (RFC 2782): "srv:_leash-agent._tcp.example.com" names a target and a port for each agent. A host is
 * called by its whole target name, and so must its certificate (`leash-agent join --host-name`). Its labels are those of
 * its own policy and of its joining, since DNS has none.
 */
import { Resolver } from 'node:dns/promises';
import { type InventoryHost, InventoryProblems } from '../fleet/inventory.ts';
import type { InventoryKind } from './inventory-source.ts';

const withinMs = 2000;
const hostsMax = 10_000;
const nameLengthMax = 64;

export const srvInventory: InventoryKind = {
  scheme: 'srv',
  open(rest) {
    const { name, server } = parse(rest);
    return {
      isRemote: true,
      async read() {
        const resolver = new Resolver({ timeout: withinMs, tries: 2 });
        if (server !== undefined) resolver.setServers([server]);
        return hostsOf(name, await resolver.resolveSrv(name));
      },
    };
  },
};

/** "NAME" or "NAME@SERVER", where the server is an address, with a port or without. */
function parse(rest: string): { readonly name: string; readonly server?: string } {
  const match = /^(_[a-z0-9-]+\._(?:tcp|udp)\.[a-z0-9.-]+?)\.?(?:@([0-9a-f.:[\]]+))?$/i.exec(rest);
  if (!match?.[1]) {
    throw new InventoryProblems([
      `srv:${rest}: must be srv:_SERVICE._tcp.DOMAIN, or that and @ADDRESS of a name server`,
    ]);
  }
  return { name: match[1], ...(match[2] === undefined ? {} : { server: match[2] }) };
}

function hostsOf(
  service: string,
  records: readonly { readonly name: string; readonly port: number }[],
): readonly InventoryHost[] {
  const problems: string[] = [];
  if (records.length > hostsMax) problems.push(`${records.length} hosts, at most ${hostsMax} allowed`);
  const hosts = records
    .map(({ name, port }) => ({ name: name.replace(/\.$/, '').toLowerCase(), port }))
    // "." says that there is no such service (RFC 2782).
    .filter(({ name }) => name !== '')
    .map(({ name, port }) => ({ name, address: { kind: 'tcp' as const, host: name, port }, labels: {} }));
  const names = hosts.map(({ name }) => name);
  for (const name of new Set(names)) {
    if (name.length > nameLengthMax) problems.push(`${name}: is longer than ${nameLengthMax} characters`);
    if (names.indexOf(name) !== names.lastIndexOf(name)) problems.push(`there are two records of ${name}`);
  }
  if (problems.length > 0) throw new InventoryProblems(problems.map((problem) => `srv:${service}: ${problem}`));
  return hosts;
}
