/** The two things that are shipped, and what is in each. */

export interface Product {
  /** Of the package, of its folder below /usr/lib, and of its documentation. */
  readonly name: 'leash-agent' | 'leash';
  readonly summary: string;
  readonly description: readonly string[];
  /** Programs on the path: each a small sh script that starts its own Node. */
  readonly commands: readonly string[];
  /** Bundles of dist/. */
  readonly bundles: readonly string[];
  /** npm packages with native code, which no bundle can hold; the one of the processor is found from these. */
  readonly nativePackages: readonly string[];
  /** Of another platform's native code: NAME-linux-ARCH. */
  readonly binaryPackage: readonly ((nodeArchitecture: string) => string)[];
  readonly unit: string;
  /** Project path to installed path. */
  readonly files: Readonly<Record<string, string>>;
  readonly recommends: readonly string[];
}

const koffiBinary = (arch: string): string => `@koromix/koffi-linux-${arch}`;
const libsqlBinary = (arch: string): string => `@libsql/linux-${arch}-gnu`;

export const products: readonly Product[] = [
  {
    name: 'leash-agent',
    summary: 'fault injection that always lets go: the agent of a host',
    description: [
      'Injects faults into processes and into the host itself, under limits that',
      'only root can set, each held by a process of its own: when that ends, however',
      'it ends, the kernel undoes the fault.',
    ],
    commands: ['leash-agent'],
    bundles: ['leash-agent.js', 'leash-holder.js', 'leash-selftest-victim.js'],
    nativePackages: ['koffi'],
    binaryPackage: [koffiBinary],
    unit: 'leash-agent.service',
    files: {
      'systemd/leash-agent.service': 'usr/lib/systemd/system/leash-agent.service',
      'systemd/leash.sysusers': 'usr/lib/sysusers.d/leash-agent.conf',
      'systemd/leash.tmpfiles': 'usr/lib/tmpfiles.d/leash-agent.conf',
      'systemd/policy.yaml': 'etc/leash/policy.yaml',
      'systemd/drop-ins': 'usr/lib/leash-agent/drop-ins',
      'systemd/docs': 'usr/share/doc/leash-agent',
      'systemd/examples': 'usr/share/doc/leash-agent/examples',
      'agent/faults/README.md': 'usr/share/doc/leash-agent/faults.md',
      'agent/limits/README.md': 'usr/share/doc/leash-agent/limits.md',
      LICENSE: 'usr/share/doc/leash-agent/copyright',
    },
    recommends: ['nftables'],
  },
  {
    name: 'leash',
    summary: 'fault injection that always lets go: coordinator and command line',
    description: [
      'Plans and runs experiments across the agents of a fleet, aborts them when the',
      'service suffers, and enforces one global halt.',
    ],
    commands: ['leash'],
    bundles: ['leash.js', 'leash-load.js', 'leash-store.js', 'leash-demo-shop.js', 'leash-agent.js', 'leash-holder.js'],
    nativePackages: ['koffi', 'libsql', '@neon-rs/load', 'detect-libc'],
    binaryPackage: [koffiBinary, libsqlBinary],
    unit: 'leash-coordinator.service',
    files: {
      'systemd/leash-coordinator.service': 'usr/lib/systemd/system/leash-coordinator.service',
      'systemd/leash-coordinator.sysusers': 'usr/lib/sysusers.d/leash-coordinator.conf',
      'systemd/docs': 'usr/share/doc/leash',
      LICENSE: 'usr/share/doc/leash/copyright',
    },
    recommends: [],
  },
];
