/**
 * What a host may grant the agent beyond its unit: one drop-in for each kind of need, made from the needs of the faults
 * (systemd.unit(5)). None is in force until somebody links it, and a fault whose needs are not met is refused by name.
 */
import type { FaultKind } from '../faults/fault-kind.ts';
import { keysBelongTo } from './unit.ts';

export interface DropIn {
  /** Of the file NAME.conf. */
  readonly name: string;
  readonly summary: string;
  /** The needs of the fault table that it meets, by name; a capability among them is granted. */
  readonly meets: readonly string[];
  /** What else must be said, in words of systemd.exec(5). */
  readonly settings: readonly string[];
}

export const dropIns: readonly DropIn[] = [
  {
    name: 'network',
    summary: 'packet filter rules of its own',
    meets: ['CAP_NET_ADMIN', 'nftables-owner'],
    settings: ['RestrictAddressFamilies=AF_NETLINK'],
  },
  {
    name: 'cgroup',
    summary: 'limits on the cgroup of the stressors (systemd 254 or later)',
    meets: ['pids.max'],
    settings: ['DelegateSubgroup=agent'],
  },
  {
    name: 'service',
    summary:
      "systemd's units, which only root may start and stop: for rollbacks by rollback.restart of the policy. It stays without root's capabilities",
    meets: ['units of systemd'],
    settings: ['User=root', `ExecStartPre=+-${keysBelongTo('root')}`],
  },
  {
    name: 'scheduling',
    summary: 'nice values and CPUs of processes of other users, and lower nice values than they have',
    meets: ['CAP_SYS_NICE'],
    settings: [],
  },
  {
    name: 'limits',
    summary: 'limits and the freezer of the cgroups that cgroups.allow of the policy names, whose files belong to root',
    meets: ['CAP_DAC_OVERRIDE'],
    settings: [],
  },
  {
    name: 'disk',
    summary: "the host's own /tmp and /var/tmp, instead of a private one; add the file systems that paths.allow names",
    meets: [],
    settings: ['PrivateTmp=no', 'ReadWritePaths=-/tmp -/var/tmp'],
  },
  {
    name: 'programs',
    summary: 'programs of the policy in a PID namespace of their own. CAP_SYS_ADMIN: read the score',
    meets: ['CAP_SYS_ADMIN'],
    settings: ['RestrictNamespaces=pid'],
  },
];

/** Its file, with who asks for it. */
export function dropInText({ name, summary, meets, settings }: DropIn, kinds: readonly FaultKind[]): string {
  const askers = kinds.flatMap((kind) => {
    const needs = kind.needs.filter((need) => meets.includes(need.name)).map((need) => need.name);
    return needs.length === 0 ? [] : [`#   ${kind.kind}: ${[...new Set(needs)].join(', ')}`];
  });
  const asked = new Set(kinds.flatMap((kind) => kind.needs.map((need) => need.name)));
  const capabilities = meets.filter((need) => need.startsWith('CAP_') && asked.has(need)).join(' ');
  const granted =
    capabilities === '' ? [] : [`AmbientCapabilities=${capabilities}`, `CapabilityBoundingSet=${capabilities}`];
  return [
    `# Made from the needs of the faults. Grants the agent: ${summary}.`,
    `# In force: ln -s /usr/lib/leash-agent/drop-ins/${name}.conf /etc/systemd/system/leash-agent.service.d/ and daemon-reload.`,
    ...(askers.length === 0 ? [] : ['# Needed by:', ...askers]),
    '[Service]',
    ...granted,
    ...settings,
    '',
  ].join('\n');
}
