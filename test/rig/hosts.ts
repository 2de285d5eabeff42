/**
 * Hosts of their own on one switch: network namespaces, each with a wire to a bridge in a namespace of its own. They are
 * named for the test that made them, nobody else is in them, and nothing of them touches the machine's own network.
 */
import { execFileSync } from 'node:child_process';

export interface NetworkHost {
  readonly name: string;
  readonly ipv4: string;
  /** What stands before a command line that is to run on this host. */
  readonly command: readonly string[];
  readonly namespacePath: string;
  /** Loses what arrives, or what is sent, or both: as a cut cable does, without a word to either side. */
  cut(direction: 'in' | 'out' | 'both'): void;
  /** Unplugs the wire, or plugs it in again. */
  setLink(state: 'up' | 'down'): void;
  /** Ends every cut. */
  mend(): void;
}

export interface NetworkHosts {
  readonly hosts: readonly NetworkHost[];
  dispose(): void;
}

let made = 0;

/** Needs root, ip (iproute2) and nft (nftables). At most 200 hosts. */
export function makeHosts(names: readonly string[]): NetworkHosts {
  const mark = `${process.pid}n${++made}`;
  const ip = (...args: readonly string[]): void => void execFileSync('ip', args);
  const namespaces = ['switch', ...names].map((name) => `leash-${mark}-${name}`);
  const [hub = ''] = namespaces;
  const dispose = (): void => {
    for (const namespace of namespaces) {
      try {
        ip('netns', 'delete', namespace);
      } catch {
        // It was not made.
      }
    }
  };
  try {
    for (const namespace of namespaces) ip('netns', 'add', namespace);
    ip('-n', hub, 'link', 'add', 'bridge', 'type', 'bridge');
    ip('-n', hub, 'link', 'set', 'bridge', 'up');
    const hosts = names.map((name, index): NetworkHost => {
      const namespace = namespaces[index + 1] as string;
      const port = `port${index}`;
      const ipv4 = `10.78.0.${index + 1}`;
      ip('link', 'add', 'wire', 'netns', namespace, 'type', 'veth', 'peer', 'name', port, 'netns', hub);
      ip('-n', hub, 'link', 'set', port, 'master', 'bridge', 'up');
      ip('-n', namespace, 'address', 'add', `${ipv4}/24`, 'dev', 'wire');
      ip('-n', namespace, 'link', 'set', 'lo', 'up');
      ip('-n', namespace, 'link', 'set', 'wire', 'up');
      return createHost({ name, ipv4, namespace, hub, port });
    });
    return { hosts, dispose };
  } catch (error) {
    dispose();
    throw error;
  }
}

interface Place {
  readonly name: string;
  readonly ipv4: string;
  readonly namespace: string;
  readonly hub: string;
  /** The other end of its wire, in the hub. */
  readonly port: string;
}

function createHost({ name, ipv4, namespace, hub, port }: Place): NetworkHost {
  // At the switch: what is dropped on the host itself would be told to whoever sent it.
  const table = `bridge cut-${port}`;
  const rules = { in: `oifname ${port} drop`, out: `iifname ${port} drop` };
  const namespacePath = `/run/netns/${namespace}`;
  const filter = (...lines: readonly string[]): void =>
    void execFileSync('ip', ['netns', 'exec', hub, 'nft', lines.join('\n')]);
  return {
    name,
    ipv4,
    command: ['nsenter', `--net=${namespacePath}`, '--'],
    namespacePath,
    cut(direction) {
      const lost = direction === 'both' ? [rules.in, rules.out] : [rules[direction]];
      filter(
        `add table ${table}`,
        `delete table ${table}`,
        `add table ${table}`,
        `add chain ${table} forward { type filter hook forward priority 0; }`,
        ...lost.map((rule) => `add rule ${table} forward ${rule}`),
      );
    },
    setLink: (state) => void execFileSync('ip', ['-n', namespace, 'link', 'set', 'wire', state]),
    mend: () => filter(`add table ${table}`, `delete table ${table}`),
  };
}
