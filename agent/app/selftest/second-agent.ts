/** An agent beside the one that may serve this host: its own directories and its own socket, and it dies with the selftest. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { chownSync, closeSync, existsSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { leash } from '../../../proto/codec.ts';
import { type Binding, bindingWords } from '../../../proto/fault.ts';
import { type ProcessIdentity, parsePid } from '../../../proto/identity.ts';
import { type JsonObject, jsonToStruct } from '../../../proto/struct.ts';
import { listHolders } from '../../host/holder-children.ts';
import { withOnly } from '../../host/holder-launch.ts';
import { createHostView } from '../../host/host-view.ts';
import { killExactly } from '../../host/kill-exactly.ts';
import { createLocalClient, type LocalClient } from '../local-client.ts';
import { within } from './within.ts';

export interface Asked {
  readonly kind: string;
  readonly parameters?: JsonObject;
  /** Left out for a fault of the host. */
  readonly target?: ProcessIdentity;
  readonly leaseTtlMs?: number;
  /** Instead of that of the plan. */
  readonly targetsDigest?: string;
}

export interface HeldFault {
  readonly faultId: string;
  readonly binding: Binding;
  /** When the lease ends, on CLOCK_MONOTONIC in nanoseconds. */
  readonly leaseEndsAtNs: bigint;
}

export interface SecondAgent {
  readonly client: LocalClient;
  readonly identityOfHolders: () => readonly ProcessIdentity[];
  readonly statePath: string;
  readonly runPath: string;
  plan(asked: Asked): Promise<leash.v1.IPlanReply>;
  /** @throws ServiceError for a refusal. */
  inject(asked: Asked): Promise<HeldFault>;
  pid(): number;
  /** To itself alone. */
  signal(name: 'SIGKILL' | 'SIGSTOP' | 'SIGCONT'): void;
  /** SIGKILL to its holders; where the agent is to die as well, it is stopped first, so that it does not act in between. */
  killHolders(): void;
  holdersAreGone(holders: readonly ProcessIdentity[]): boolean;
  /** Starts the next one on the same directories, once the former has ended. */
  restart(): Promise<void>;
  /** Runs `leash-agent COMMAND` on its directories. */
  command(...words: readonly string[]): { readonly code: number; readonly output: string };
  end(): Promise<void>;
}

export interface SecondAgentOptions {
  /** An existing directory of its own. */
  readonly directory: string;
  /** Another user with no capability but CAP_KILL; only root can become one. */
  readonly asUid?: number;
}

const policyText = 'injectsPerMinute: 600\ncpuPercentMax: 100%\njournalWithoutSupervisor: true\nleaseMax: 10s\n';
const servesWithinMs = 10_000;
const answerWithinMs = 10_000;
const endsWithinMs = 5000;
const program = fileURLToPath(new URL('leash-agent.js', import.meta.url));

/** @throws Error with its last words when it does not serve. */
export async function startSecondAgent({ directory, asUid }: SecondAgentOptions): Promise<SecondAgent> {
  const [statePath, runPath, configPath] = ['state', 'run', 'config'].map((name) => `${directory}/${name}`) as [
    string,
    string,
    string,
  ];
  for (const path of [statePath, runPath, configPath]) mkdirSync(path, { mode: 0o700 });
  writeFileSync(`${configPath}/policy.yaml`, policyText, { mode: 0o600 });
  if (asUid !== undefined) {
    for (const path of [statePath, runPath, configPath, `${configPath}/policy.yaml`]) chownSync(path, asUid, asUid);
  }
  const directories = ['--state-dir', statePath, '--run-dir', runPath, '--config-dir', configPath];
  const asUser = asUid === undefined ? [] : asOtherUser(asUid);
  const logPath = `${directory}/log`;
  const socketPath = `${runPath}/agent.sock`;
  const view = createHostView();
  let child: ChildProcess;
  let client: LocalClient | undefined;
  let isOver = false;

  async function start(): Promise<void> {
    if (isOver) throw new Error('interrupted');
    const log = openSync(logPath, 'a', 0o600);
    const tether = ['--tether', String(process.pid), '--tether-kill'];
    const [command = '', ...args] = [...asUser, process.execPath, program, 'serve', ...directories, ...tether];
    // Nothing of a service manager's: it is not the agent of the unit.
    child = spawn(command, args, {
      stdio: ['ignore', 'ignore', log],
      env: { PATH: process.env.PATH, LANG: 'C.UTF-8' },
    });
    closeSync(log);
    const started = child;
    client?.close();
    client = undefined;
    await within(servesWithinMs, 'the second agent serves', async () => {
      if (hasEnded(started)) throw new Error(`the second agent ended: ${lastWords(logPath)}`);
      if (!existsSync(socketPath)) return false;
      const candidate = createLocalClient(socketPath);
      const isServing = await candidate.call('describe', {}, 1000).then(
        () => true,
        () => false,
      );
      if (isServing) client = candidate;
      else candidate.close();
      return isServing;
    });
  }

  await start();
  const agent: SecondAgent = {
    get client() {
      if (!client) throw new Error('the second agent does not serve');
      return client;
    },
    statePath,
    runPath,
    pid: () => child.pid ?? 0,
    identityOfHolders: () => listHolders(parsePid(child.pid)),
    plan: (asked) => agent.client.call('plan', planRequest(asked), answerWithinMs),
    async inject(asked) {
      const plan = await agent.plan(asked);
      const targets = (plan.targets ?? []).flatMap(({ identity }) => identity ?? []);
      const request = {
        ...planRequest(asked),
        idempotencyKey: randomUUID(),
        targets: asked.target ? [asked.target] : targets,
        targetsDigest: asked.targetsDigest ?? plan.targetsDigest ?? '',
        leaseTtlMs: asked.leaseTtlMs ?? 10_000,
        haltEpoch: plan.haltEpoch ?? 0,
      };
      const { fault } = await agent.client.call('inject', request as never, answerWithinMs);
      const leftMs = fault?.leaseRemainingMs ?? 0;
      return {
        faultId: fault?.faultId ?? '',
        binding: bindingWords.fromWire(fault?.binding, 'binding'),
        leaseEndsAtNs: process.hrtime.bigint() + BigInt(Math.round(leftMs * 1e6)),
      };
    },
    signal: (name) => void child.kill(name),
    killHolders() {
      for (const holder of agent.identityOfHolders()) killExactly(holder);
    },
    holdersAreGone: (holders) => holders.every((holder) => view.threads(holder).kind === 'gone'),
    async restart() {
      await within(endsWithinMs, 'the second agent ended', () => hasEnded(child));
      await start();
    },
    command(...words) {
      const [command = '', ...args] = [...asUser, process.execPath, program, ...words, ...directories];
      const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8', timeout: answerWithinMs });
      return { code: status ?? -1, output: `${stdout}${stderr}`.trim() };
    },
    async end() {
      isOver = true;
      client?.close();
      child.kill('SIGKILL');
      await within(endsWithinMs, 'the second agent ended', () => hasEnded(child));
    },
  };
  return agent;
}

function planRequest({ kind, parameters = {}, target }: Asked): object {
  return {
    spec: { kind, parameters: jsonToStruct(parameters) },
    ...(target ? { targeting: { selector: { pid: target.pid }, choice: { mode: leash.v1.Mode.MODE_ALL } } } : {}),
    stage: 'development',
    durationMs: 60_000,
  };
}

/** setpriv(1). */
function asOtherUser(uid: number): readonly string[] {
  const [setpriv, ...rest] = withOnly(['CAP_KILL']);
  return setpriv === undefined ? [] : [setpriv, `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', ...rest];
}

function hasEnded(child: ChildProcess): boolean {
  return child.exitCode !== null || child.signalCode !== null;
}

function lastWords(logPath: string): string {
  try {
    return readFileSync(logPath, 'utf8').trim().split('\n').slice(-3).join(' ');
  } catch {
    return 'it said nothing';
  }
}
