/** The rows of the table of needs that several faults share. */
import type { Need } from './fault-kind.ts';

export const nativeCalls: Need = {
  kind: 'kernel',
  name: 'native calls',
  bindings: ['kernel', 'journal', 'one-shot'],
  remedy: 'install Leash with its optional dependency koffi, on glibc 2.34 or later',
};

export const pidfds: Need = {
  kind: 'kernel',
  name: 'pidfd',
  bindings: ['kernel', 'journal', 'one-shot'],
  remedy: 'run Linux 5.3 or later',
};

export const tracing: Need = {
  kind: 'capability',
  name: 'CAP_SYS_PTRACE',
  bindings: ['kernel'],
  remedy: 'give the unit AmbientCapabilities=CAP_SYS_PTRACE; without it only processes of its own user can be held',
};

export const signalling: Need = {
  kind: 'capability',
  name: 'CAP_KILL',
  bindings: ['journal', 'one-shot'],
  remedy: 'give the unit AmbientCapabilities=CAP_KILL; without it only processes of its own user can be signalled',
};

/** To set a nice value back, and both of them for processes of other users (capabilities(7)). */
export const scheduling: Need = {
  kind: 'capability',
  name: 'CAP_SYS_NICE',
  bindings: ['journal'],
  remedy: 'give the unit a drop-in with AmbientCapabilities=CAP_SYS_NICE and CapabilityBoundingSet=CAP_SYS_NICE',
};

/** Their files belong to root, and the agent is none of root's by default. */
export const cgroupWriting: Need = {
  kind: 'capability',
  name: 'CAP_DAC_OVERRIDE',
  bindings: ['journal'],
  remedy:
    'give the unit a drop-in with AmbientCapabilities=CAP_DAC_OVERRIDE and CapabilityBoundingSet=CAP_DAC_OVERRIDE, or run it as root',
};

export const unitsOfSystemd: Need = {
  kind: 'helper',
  name: 'units of systemd',
  bindings: ['journal', 'one-shot'],
  remedy:
    'run the agent as root (a drop-in with User=root) on a host that systemd has booted: it takes such orders of root only',
};

export const namelessFiles: Need = {
  kind: 'kernel',
  name: 'O_TMPFILE (Linux 3.11)',
  bindings: ['kernel'],
  remedy: 'run Linux 3.11 or later',
};

export const limitedTasks: Need = {
  kind: 'path',
  name: 'pids.max',
  bindings: ['kernel'],
  remedy:
    'run the agent as a unit with Delegate=yes and DelegateSubgroup=agent (systemd 254), so that its cgroup for stressors can be given a limit of tasks',
};

export const networkAdministration: Need = {
  kind: 'capability',
  name: 'CAP_NET_ADMIN',
  bindings: ['kernel'],
  remedy:
    'give the unit a drop-in with AmbientCapabilities=CAP_NET_ADMIN, CapabilityBoundingSet=CAP_NET_ADMIN and RestrictAddressFamilies=AF_NETLINK',
};

export const trafficControl: Need = {
  ...networkAdministration,
  bindings: ['journal'],
};

export const trafficProgram: Need = {
  kind: 'helper',
  name: 'tc',
  bindings: ['journal'],
  remedy: 'install the package iproute2',
};

export const netem: Need = {
  kind: 'kernel',
  name: 'sch_netem',
  bindings: ['journal'],
  remedy: 'run a kernel with sch_netem, sch_prio and cls_u32: those of the distributions have them as modules',
};

/** The library that makes the rules is part of what nft is installed with. */
export const packetFilter: Need = {
  kind: 'helper',
  name: 'nft',
  bindings: ['kernel'],
  remedy: 'install the package nftables',
};

export const ownedTables: Need = {
  kind: 'kernel',
  name: 'nftables-owner',
  bindings: ['kernel'],
  remedy: 'run Linux 5.12 or later with nf_tables, and allow the unit RestrictAddressFamilies=AF_NETLINK',
};

/** For a PID namespace, which the kernel empties when its first process ends (pid_namespaces(7)). */
export const namespaces: Need = {
  kind: 'capability',
  name: 'CAP_SYS_ADMIN',
  bindings: ['kernel'],
  remedy:
    'give the unit a drop-in with AmbientCapabilities=CAP_SYS_ADMIN, CapabilityBoundingSet=CAP_SYS_ADMIN and RestrictNamespaces=pid',
};
