/** A real agent, as users run it: the bundled program, in directories of its own, spoken to over its socket. */
import { type ChildProcess, spawn } from 'node:child_process';
import { chownSync, closeSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ChannelCredentials, credentials, makeGenericClientConstructor, type ServiceError } from '@grpc/grpc-js';
import type { leash } from '../../proto/codec.ts';
import { agentService } from '../../proto/services.ts';
import { makeTestDirectory, type TestDirectory } from './directory.ts';
import { distFolder } from './project.ts';
import { isUnderUnit, startUnderUnit, type UnitProcess, unitUser } from './under-unit.ts';
import { until } from './until.ts';

type Methods = {
  describe: [leash.v1.IDescribeRequest, leash.v1.IDescribeReply];
  plan: [leash.v1.IPlanRequest, leash.v1.IPlanReply];
  inject: [leash.v1.IInjectRequest, leash.v1.IInjectReply];
  renew: [leash.v1.IRenewRequest, leash.v1.IRenewReply];
  restore: [leash.v1.IRestoreRequest, leash.v1.IRestoreReply];
  halt: [leash.v1.IHaltRequest, leash.v1.IHaltReply];
  rearm: [leash.v1.IRearmRequest, leash.v1.IRearmReply];
  observe: [leash.v1.IObserveRequest, leash.v1.IObserveReply];
};

export interface AgentClient {
  /** @throws ServiceError */
  call<Name extends keyof Methods>(
    method: Name,
    request: Methods[Name][0],
    deadlineMs?: number,
  ): Promise<Methods[Name][1]>;
  close(): void;
}

export interface AgentRig {
  readonly directory: TestDirectory;
  readonly client: AgentClient;
  /** The running agent; where systemd started it, what tests ask of a child, and no more. */
  readonly process: () => ChildProcess;
  readonly pid: () => number;
  /** The directories as options of `leash-agent`. */
  readonly directories: readonly string[];
  readonly socketPath: string;
  /** Standard error of the agent, and so of all that it starts: by this they are known, also as orphans. */
  readonly logPath: string;
  /** What it wrote to standard error. */
  log(): string;
  /** Starts another agent on the same directories, after the former one ended. */
  start(): Promise<void>;
  /** Ends the agent, waits for it and removes the directories. */
  dispose(): Promise<void>;
}

export interface AgentRigOptions {
  /** The text, or what makes it from the directory of the rig. */
  readonly policy?: string | ((folder: string) => string);
  readonly args?: readonly string[];
  /** An unprivileged uid with exactly these ambient capabilities ("+kill,+sys_ptrace"); needs root. */
  readonly as?: { readonly uid: number; readonly capabilities: string };
  /** Stands before the command line, and becomes the agent: such as `nsenter --net=…`. */
  readonly inside?: readonly string[];
  readonly environment?: NodeJS.ProcessEnv;
  /** Where its programs are: those of an older version, for example. */
  readonly dist?: string;
  /** Called before the agent is started: a place to mount a small disk. */
  readonly prepare?: (stateDirectory: string) => void;
}

const ampleLimits = 'injectsPerMinute: 600\nprocessesMax: 64\nfaultsMax: 64\ncpuPercentMax: 100%\n';

export async function startAgentRig(options: AgentRigOptions = {}): Promise<AgentRig> {
  const directory = makeTestDirectory();
  const state = directory.sub('state');
  const run = directory.sub('run');
  const config = directory.sub('config');
  options.prepare?.(state);
  const policy = typeof options.policy === 'function' ? options.policy(directory.path) : options.policy;
  writeFileSync(join(config, 'policy.yaml'), policy ?? ampleLimits, { mode: 0o600 });
  const user = isUnderUnit ? unitUser() : options.as && { uid: options.as.uid, gid: options.as.uid };
  if (user) {
    for (const path of [directory.path, state, run, config, join(config, 'policy.yaml')]) {
      chownSync(path, user.uid, user.gid);
    }
  }
  if (isUnderUnit && (options.inside || options.prepare))
    throw new Error('no unit says that: not a test for this mode');
  const directories = ['--state-dir', state, '--run-dir', run, '--config-dir', config];
  const socketPath = join(run, 'agent.sock');
  const logPath = join(directory.path, 'log');
  let child: ChildProcess | undefined;
  let underUnit: UnitProcess | undefined;

  async function startChild(): Promise<ChildProcess> {
    const program = [process.execPath, join(options.dist ?? distFolder, 'leash-agent.js')];
    const command = [...program, 'serve', ...directories, ...(options.args ?? [])];
    if (isUnderUnit) {
      await underUnit?.remove();
      underUnit = await startUnderUnit({
        command,
        restore: [...program, 'restore', ...directories],
        capabilities: options.as?.capabilities,
        errors: logPath,
        saysReady: true,
        ...(options.environment ? { environment: options.environment } : {}),
      });
      return underUnit as unknown as ChildProcess;
    }
    const log = openSync(logPath, 'a', 0o600);
    const asUser = options.as ? unprivileged(options.as) : [];
    const [first = '', ...args] = [...(options.inside ?? []), ...asUser, ...command];
    const env = { ...process.env, ...options.environment };
    const spawned = spawn(first, args, { stdio: ['ignore', 'ignore', log], env });
    closeSync(log);
    return spawned;
  }

  async function start(): Promise<void> {
    const started = await startChild();
    child = started;
    connection?.close();
    const eager = { 'grpc.initial_reconnect_backoff_ms': 10, 'grpc.max_reconnect_backoff_ms': 50 };
    connection = createAgentClient(`unix:${socketPath}`, credentials.createInsecure(), eager);
    await until(
      'the agent serves',
      async () => {
        const hasEnded = started.exitCode !== null || started.signalCode !== null;
        if (hasEnded) throw new Error(`the agent ended: ${readFileSync(logPath, 'utf8')}`);
        return existsSync(socketPath) && (await client.call('describe', {}, 2000).catch(() => undefined));
      },
      60_000,
    );
  }

  // Of its own for each agent: one that has met a dead agent waits longer and longer before it tries again.
  let connection: AgentClient | undefined;
  const client: AgentClient = {
    call: (...call) => (connection as AgentClient).call(...call),
    close: () => connection?.close(),
  };
  const rig: AgentRig = {
    directory,
    client,
    process: () => child as ChildProcess,
    pid: () => child?.pid ?? 0,
    directories,
    socketPath,
    logPath,
    log: () => readFileSync(logPath, 'utf8'),
    start,
    async dispose() {
      client.close();
      if (child && child.exitCode === null && child.signalCode === null) {
        const ended = new Promise((resolve) => child?.once('exit', resolve));
        child.kill('SIGCONT');
        child.kill('SIGTERM');
        const timer = setTimeout(() => child?.kill('SIGKILL'), 5000);
        await ended;
        clearTimeout(timer);
      }
      await underUnit?.remove();
      directory.remove();
    },
  };
  await start();
  return rig;
}

export function createAgentClient(address: string, channel: ChannelCredentials, options: object = {}): AgentClient {
  const Client = makeGenericClientConstructor(agentService, 'leash.v1.Agent');
  const client = new Client(address, channel, options);
  return {
    call: (method, request, deadlineMs = 10_000) =>
      new Promise((resolve, reject) => {
        const answer = (error: ServiceError | null, reply: never) => (error ? reject(error) : resolve(reply));
        (client[method] as never as (request: unknown, options: object, answer: unknown) => void).call(
          client,
          request,
          { deadline: Date.now() + deadlineMs },
          answer,
        );
      }),
    close: () => client.close(),
  };
}

/** setpriv(1): another user, and nothing but the given capabilities, which its children inherit. */
export function unprivileged(as: { uid: number; capabilities: string }): readonly string[] {
  const { capabilities } = as;
  const { uid, gid } = isUnderUnit ? unitUser() : { uid: as.uid, gid: as.uid };
  const only = capabilities === '' ? '-all' : `-all,${capabilities}`;
  return [
    'setpriv',
    `--reuid=${uid}`,
    `--regid=${gid}`,
    '--clear-groups',
    `--inh-caps=${only}`,
    `--ambient-caps=${only}`,
    `--bounding-set=${only}`,
    '--no-new-privs',
    '--',
  ];
}
