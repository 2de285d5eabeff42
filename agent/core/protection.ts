/**
 * Processes that are never touched, by what they are to the host and to us, and only then by name. A process chooses its
 * own comm and arguments: a pretender is protected too, and who renames itself is still known by executable, unit,
 * parent or session.
 */
import type { Pid } from '../../proto/identity.ts';
import { baseName } from './condition.ts';
import { parentOf } from './family.ts';
import type { ProcessFacts, ProcessTable } from './process.ts';
import type { ProtectedLists } from './protected-lists.ts';

export interface ProtectionFacts {
  readonly agentPid: number;
  /** The processes at the other end of local calls, so that no operator cuts off the branch that he sits on. */
  readonly operatorPids: readonly number[];
  readonly protect: Omit<ProtectedLists, 'ports'>;
  /** Who listens on the ports that the policy protects; left out where it protects none. */
  readonly ports?: PortsSeen;
}

export interface PortsSeen {
  readonly listeners: ReadonlyMap<number, ReadonlySet<Pid>>;
  /** Processes whose sockets may not be looked at, while somebody listens on one of the ports. */
  readonly hidden: ReadonlySet<Pid>;
}

/** @returns the reasons, none for a process that may be touched. */
export type Protection = (process: ProcessFacts) => readonly string[];

export function protectedBy(process: ProcessFacts, table: ProcessTable, facts: ProtectionFacts): readonly string[] {
  return createProtection(table, facts)(process);
}

/** Looks at the relations of the table once, for many questions. */
export function createProtection(table: ProcessTable, facts: ProtectionFacts): Protection {
  const agent = table.processes.get(facts.agentPid as Pid);
  const agentAncestors = pidsOf(agent ? ancestorsOf(agent, table) : []);
  const isBelowAgent = createBelow(facts.agentPid, table);
  const loginChain = pidsOf(facts.operatorPids.flatMap((pid) => loginChainOf(pid, table)));

  return (process) => {
    const { pid } = process.identity;
    const names = namesOf(process);
    const reasons: (string | false | undefined)[] = [
      pid === 1 && 'it is pid 1',
      process.isKernelThread && 'it is a kernel thread',
      pid === facts.agentPid && 'it is the agent',
      agentAncestors.has(pid) && 'it is an ancestor of the agent',
      isBelowAgent(process) && 'it is a holder of the agent, or below one',
      loginChain.has(pid) && 'it is in the login chain of an operator',
      isLoginSession(process, table) && 'it is the leader of a remote login',
      daemonReason(names, process.unit),
      ...policyReasons(process, names, facts.protect),
      ...portReasons(pid, facts.ports),
    ];
    return reasons.filter((reason) => typeof reason === 'string');
  };
}

/** Each list is of base names, compared with executable, comm and first argument; a trailing * stands for anything. */
const daemons: readonly {
  readonly reason: string;
  readonly names: readonly string[];
  readonly units: readonly string[];
}[] = [
  {
    reason: 'it serves remote logins',
    names: ['sshd', 'sshd-session', 'sshd-auth', 'dropbear'],
    units: ['ssh.service', 'sshd.service', 'dropbear.service'],
  },
  {
    reason: 'it belongs to systemd',
    names: ['systemd', 'systemd-*', '(sd-*'],
    units: ['init.scope', 'systemd-*'],
  },
  {
    reason: 'it is the message bus',
    names: ['dbus-daemon', 'dbus-broker', 'dbus-broker-launch', 'dbus-broker-lau'],
    units: ['dbus.service', 'dbus-broker.service'],
  },
  {
    reason: 'it belongs to the container runtime',
    names: [
      'containerd',
      'containerd-shim*',
      'dockerd',
      'docker-proxy',
      'docker-init',
      'runc',
      'crun',
      'conmon',
      'conmonrs',
      'crio',
      'podman',
      'kubelet',
      'lxc-start',
      'systemd-nspawn',
    ],
    units: ['docker.service', 'containerd.service', 'crio.service', 'podman.service', 'kubelet.service', 'k3s.service'],
  },
  { reason: 'it belongs to the agent', names: [], units: ['leash-agent.service'] },
];

const daemonNames = createLookup(daemons.flatMap(({ reason, names }) => names.map((name) => [name, reason] as const)));
const daemonUnits = createLookup(daemons.flatMap(({ reason, units }) => units.map((unit) => [unit, reason] as const)));

function daemonReason(names: readonly string[], unit: string | undefined): string | undefined {
  const byUnit = unit === undefined ? undefined : daemonUnits(unit);
  if (byUnit !== undefined) return byUnit;
  for (const name of names) {
    const byName = daemonNames(name);
    if (byName !== undefined) return byName;
  }
  return undefined;
}

function policyReasons(
  process: ProcessFacts,
  names: readonly string[],
  protect: ProtectionFacts['protect'],
): readonly (string | undefined)[] {
  const name = protect.names.find((wanted) => names.includes(wanted));
  const user = protect.users.find((wanted) => wanted === process.user || wanted === String(process.uid));
  const unit = protect.units.find((wanted) => wanted === process.unit);
  return [
    name === undefined ? undefined : `the policy protects the name ${name}`,
    user === undefined ? undefined : `the policy protects the user ${user}`,
    unit === undefined ? undefined : `the policy protects the unit ${unit}`,
  ];
}

function portReasons(pid: Pid, ports: PortsSeen | undefined): readonly string[] {
  if (!ports) return [];
  const own = [...ports.listeners].filter(([, pids]) => pids.has(pid)).map(([port]) => port);
  const reasons = own.map((port) => `the policy protects the port ${port}, on which it listens`);
  if (!ports.hidden.has(pid)) return reasons;
  const all = [...ports.listeners.keys()].join(', ');
  return [
    ...reasons,
    `the policy protects the port ${all}, and whether it listens there is hidden from the agent (CAP_DAC_READ_SEARCH and CAP_SYS_PTRACE show it)`,
  ];
}

/** The caller, its session's leader, and everything above the two: shell, sshd or terminal, up to pid 1. */
function loginChainOf(operatorPid: number, table: ProcessTable): readonly ProcessFacts[] {
  const operator = table.processes.get(operatorPid as Pid);
  if (!operator) return [];
  const leader = table.processes.get(operator.sessionId as Pid);
  return [operator, ...(leader ? [leader] : [])].flatMap((process) => [process, ...ancestorsOf(process, table)]);
}

/** A session leader right below sshd: the shell of someone who is logged in, an operator as likely as not. */
function isLoginSession(process: ProcessFacts, table: ProcessTable): boolean {
  const parent = parentOf(process, table);
  if (!parent || process.sessionId !== process.identity.pid) return false;
  return namesOf(parent).some((name) => name === 'sshd' || name === 'sshd-session' || name === 'dropbear');
}

/** From the parent upwards. A table is not one instant, so a circle is thinkable, and is not followed. */
function ancestorsOf(process: ProcessFacts, table: ProcessTable): readonly ProcessFacts[] {
  const ancestors = new Set<ProcessFacts>();
  let parent = parentOf(process, table);
  while (parent && parent !== process && !ancestors.has(parent)) {
    ancestors.add(parent);
    parent = parentOf(parent, table);
  }
  return [...ancestors];
}

/**
 * Whether a process descends from that one. Upwards, and noted for all that were passed on the way: nothing is done for
 * processes that nobody asks about, and each is passed once.
 */
function createBelow(pid: number, table: ProcessTable): (process: ProcessFacts) => boolean {
  const known = new Map<number, boolean>();
  return (process) => {
    const passed: number[] = [];
    let answer: boolean | undefined;
    for (let below: ProcessFacts | undefined = process; below && answer === undefined; below = parentOf(below, table)) {
      const own = below.identity.pid;
      answer = known.get(own);
      if (answer !== undefined) break;
      // Noted at once, so that a circle ends; corrected below.
      known.set(own, false);
      passed.push(own);
      if (below.parentPid === pid) answer = true;
    }
    for (const each of passed) known.set(each, answer ?? false);
    return answer ?? false;
  };
}

function namesOf({ name, exe, cmdline }: ProcessFacts): readonly string[] {
  const names = [name];
  const add = (text: string) => {
    if (!names.includes(text)) names.push(text);
  };
  if (exe !== undefined) add(baseName(exe));
  const first = cmdline[0];
  if (first === undefined) return names;
  add(baseName(first));
  // A daemon may write words behind its name: "sshd: alice [priv]".
  const end = first.search(/[\s:]/);
  if (end >= 0) add(baseName(first.slice(0, end)));
  return names;
}

/** Asked for each of ten thousand processes: one look for all plain names, and one comparison for each that ends in *. */
function createLookup(wanted: readonly (readonly [text: string, reason: string])[]) {
  const plain = new Map(wanted.filter(([text]) => !text.endsWith('*')));
  const beginnings = wanted.flatMap(([text, reason]) =>
    text.endsWith('*') ? [{ start: text.slice(0, -1), reason }] : [],
  );
  return (text: string): string | undefined =>
    plain.get(text) ?? beginnings.find(({ start }) => text.startsWith(start))?.reason;
}

function pidsOf(processes: readonly ProcessFacts[]): ReadonlySet<number> {
  return new Set(processes.map((process) => process.identity.pid));
}
