/** A stand-in agent, as the user who runs the tests or as the one of the default unit, and the holders that it started. */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Briefing } from '../../../agent/core/briefing.ts';
import type { HolderReport, HoldOrder } from '../../../agent/holders/hold-order.ts';
import { createLineReader } from '../../../agent/holders/line-reader.ts';
import { openPidfd, signalPidfd } from '../../../agent/host/native/pidfd.ts';
import { hasCode } from '../../../agent/host/native/system-call.ts';
import { identify, listPids } from '../../../agent/host/process-identity.ts';
import { createProcessReader } from '../../../agent/host/process-table.ts';
import type { Binding } from '../../../proto/fault.ts';
import { type ProcessIdentity, parsePid } from '../../../proto/identity.ts';
import type { JsonObject } from '../../../proto/struct.ts';
import { createBootClock } from '../../../shared/boot-clock.ts';
import { isUnderUnit, unitUser } from '../../rig/under-unit.ts';
import { holderProgram, standInAgentProgram } from './build.ts';
import { startPipedUnderUnit } from './piped-unit.ts';
import type { AgentAnswer, AgentOrder } from './stand-in-agent.ts';
import { until } from './until.ts';

export const bootMs = createBootClock();

/** Two programs of Node have to start, on a machine that may be busy. */
const startsWithinMs = 30_000;

export type AgentUser = 'as we are' | 'unprivileged';

/** Whom the unprivileged agent runs as: the agent's own user where its unit starts it. */
export function unprivilegedUser(): { readonly uid: number; readonly gid: number } {
  return isUnderUnit ? unitUser() : { uid: 65_534, gid: 65_534 };
}

const unprivileged = (capabilities: string): readonly string[] => [
  '--reuid=65534',
  '--regid=65534',
  '--clear-groups',
  `--inh-caps=-all,${capabilities}`,
  `--ambient-caps=-all,${capabilities}`,
];

/** Both where we are root, and the unit's alone where that starts them. Another user cannot become the unit's, and hears of it. */
export function agentUsers(): readonly AgentUser[] {
  if (isUnderUnit) return ['unprivileged'];
  if (process.getuid?.() === 0) return ['as we are', 'unprivileged'];
  process.stderr.write(
    'NOT TESTED: holders under an unprivileged uid with CAP_KILL and CAP_SYS_PTRACE. Run as root.\n',
  );
  return ['as we are'];
}

export interface HoldRequest {
  readonly kind: string;
  readonly parameters?: Readonly<Record<string, unknown>>;
  readonly targets?: readonly ProcessIdentity[];
  /** For each target, as the agent has journalled it; none was stopped when left out. */
  readonly wasStopped?: readonly boolean[];
  readonly binding?: Binding;
  readonly endsInMs?: number;
  /** Touches as soon as it is bound; true when left out. */
  readonly touch?: boolean;
  readonly stressCgroup?: string;
  readonly briefing?: Briefing;
}

export interface TestHolder {
  readonly identity: ProcessIdentity;
  readonly reports: readonly HolderReport[];
  /** Waits for a report of that type. @throws Error for `failed` instead of it. */
  report<Type extends HolderReport['type']>(type: Type, withinMs?: number): Promise<HolderReport & { type: Type }>;
  touch(): void;
  renew(endsAtBootMs: number): void;
  release(target?: ProcessIdentity): void;
  kill(): void;
  /** Straight from the test, not through the agent. */
  signal(signal: number): void;
  ended(withinMs?: number): Promise<string>;
}

export interface TestAgent {
  readonly pid: number;
  start(request: HoldRequest): Promise<TestHolder>;
  /** Sends the order and waits for nothing. */
  startBlindly(request: HoldRequest): void;
  signal(signal: number): void;
  /** Ends it, and waits until it is gone. */
  stop(): Promise<void>;
}

/** @param capabilities of the unprivileged user; those of the default unit when left out. */
export async function startAgent(
  user: AgentUser = 'as we are',
  capabilities = '+kill,+sys_ptrace',
): Promise<TestAgent> {
  const node = [process.execPath, standInAgentProgram(), holderProgram()];
  const child = isUnderUnit ? await startPipedUnderUnit(node, capabilities) : spawnAgent(node, user, capabilities);
  const answers: AgentAnswer[] = [];
  let isGone = false;
  let number = 0;
  child.stdout.setEncoding('utf8');
  child.stdout.on(
    'data',
    createLineReader(1 << 20, (line) => answers.push(JSON.parse(line) as AgentAnswer)),
  );
  child.stdin.on('error', () => {});
  child.once('exit', () => {
    isGone = true;
  });
  await until('the stand-in agent has a pid', () => child.pid);

  const say = (order: AgentOrder): void => {
    child.stdin.write(`${JSON.stringify(order)}\n`);
  };
  const signal = (value: number): void => void (isGone || child.kill(value));

  function send({ touch = true, ...request }: HoldRequest): number {
    number += 1;
    say({ type: 'start', number, touch, order: holdOrder(number, request) });
    return number;
  }

  return {
    pid: child.pid as number,
    startBlindly: (request) => void send(request),
    async start(request) {
      const own = send(request);
      const answer = await until(
        `holder ${own} started`,
        () => answers.find((candidate) => candidate.number === own && ['started', 'refused'].includes(candidate.type)),
        startsWithinMs,
      );
      if (answer.type === 'refused') throw Object.assign(new Error(answer.message), { reason: answer.reason });
      if (answer.type !== 'started') throw new Error('unreachable');
      return createTestHolder(own, answer.identity, answers, say);
    },
    signal,
    async stop() {
      signal(9);
      await until('the stand-in agent is gone', () => isGone);
      if ('remove' in child) await child.remove();
    },
  };
}

function spawnAgent(node: readonly string[], user: AgentUser, capabilities: string) {
  const [command = '', ...args] = user === 'unprivileged' ? ['setpriv', ...unprivileged(capabilities), ...node] : node;
  return spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
}

function holdOrder(number: number, request: HoldRequest): Omit<HoldOrder, 'agentPid'> {
  const {
    kind,
    parameters = {},
    targets = [],
    wasStopped,
    binding = 'kernel',
    endsInMs = 30_000,
    stressCgroup,
    briefing,
  } = request;
  const deadlines = { endsAtBootMs: bootMs() + endsInMs };
  const cgroup = stressCgroup === undefined ? {} : { stressCgroup };
  const told = briefing === undefined ? {} : { briefing };
  return {
    faultId: `fault-${number}`,
    kind,
    parameters: parameters as JsonObject,
    binding,
    targets,
    ...(wasStopped === undefined ? {} : { wasStopped }),
    deadlines,
    ...cgroup,
    ...told,
  };
}

function createTestHolder(
  number: number,
  identity: ProcessIdentity,
  answers: readonly AgentAnswer[],
  say: (order: AgentOrder) => void,
): TestHolder {
  // Opened before a test says anything to it, so that the signals of a test reach nobody else.
  const pidfd = pidfdUnlessGone(identity);
  const reports = (): HolderReport[] =>
    answers.flatMap((answer) => (answer.type === 'report' && answer.number === number ? [answer.report] : []));
  return {
    identity,
    get reports() {
      return reports();
    },
    report(type, withinMs) {
      return until(
        `report ${type}`,
        () => {
          const failed = reports().find((report) => report.type === 'failed');
          if (failed?.type === 'failed' && type !== 'failed') {
            throw Object.assign(new Error(failed.message), { reason: failed.reason });
          }
          return reports().find((report): report is HolderReport & { type: typeof type } => report.type === type);
        },
        withinMs,
      );
    },
    touch: () => say({ type: 'touch', number }),
    renew: (endsAtBootMs) => say({ type: 'renew', number, endsAtBootMs }),
    release: (target) => say({ type: 'release', number, ...(target ? { target } : {}) }),
    kill: () => say({ type: 'kill', number }),
    signal: (signal) => void (pidfd !== undefined && signalPidfd(pidfd, signal)),
    async ended(withinMs) {
      const end = await until(
        'the holder ended',
        () => answers.find((answer) => answer.type === 'ended' && answer.number === number),
        withinMs,
      );
      return end.type === 'ended' ? end.how : '';
    },
  };
}

/** A holder that refuses its order may be over at once. */
function pidfdUnlessGone({ pid }: ProcessIdentity): number | undefined {
  try {
    return openPidfd(pid);
  } catch (error) {
    if (hasCode(error, 'ESRCH')) return undefined;
    throw error;
  }
}

/** Holders of this test process that live, also those whose agent is gone. */
export function livingHolders(): readonly ProcessIdentity[] {
  const reader = createProcessReader();
  return listPids().flatMap((pid) => {
    const found = reader.readProcess(pid);
    const isHolder = found && found.state !== 'Z' && found.cmdline.includes(holderProgram());
    return isHolder && !found.cmdline.includes(standInAgentProgram()) ? [found.identity] : [];
  });
}

/** The identity of a child that the test started itself. */
export function identityOf(child: ChildProcess | number): ProcessIdentity {
  const identity = identify(parsePid(typeof child === 'number' ? child : child.pid));
  if (!identity) throw new Error('it is gone already');
  return identity;
}
