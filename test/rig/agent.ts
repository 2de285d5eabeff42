/** A real agent, as users run it: the bundled program, in directories of its own, spoken to over its socket. */
import { type ChildProcess, spawn } from 'node:child_process';
import { chownSync, existsSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ChannelCredentials, credentials, makeGenericClientConstructor, type ServiceError } from '@grpc/grpc-js';
import type { leash } from '../../proto/codec.ts';
import { agentService } from '../../proto/services.ts';
import { makeTestDirectory, type TestDirectory } from './directory.ts';
import { distFolder } from './project.ts';
import { until } from './until.ts';

type Methods = {
  describe: [leash.v1.IDescribeRequest, leash.v1.IDescribeReply];
  plan: [leash.v1.IPlanRequest, leash.v1.IPlanReply];
  inject: [leash.v1.IInjectRequest, leash.v1.IInjectReply];
  renew: [leash.v1.IRenewRequest, leash.v1.IRenewReply];
  restore: [leash.v1.IRestoreRequest, leash.v1.IRestoreReply];
  halt: [leash.v1.IHaltRequest, leash.v1.IHaltReply];
  rearm: [leash.v1.IRearmRequest, leash.v1.IRearmReply];
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
  /** The running agent. */
  readonly process: () => ChildProcess;
  readonly pid: () => number;
  /** The directories as options of `leash-agent`. */
  readonly directories: readonly string[];
  readonly socketPath: string;
  /** What it wrote to standard error. */
  log(): string;
  /** Starts another agent on the same directories, after the former one ended. */
  start(): Promise<void>;
  /** Ends the agent, waits for it and removes the directories. */
  dispose(): Promise<void>;
}

export interface AgentRigOptions {
  readonly policy?: string;
  readonly args?: readonly string[];
  /** Stands before its command line: the host that it runs on. */
  readonly within?: readonly string[];
  /** An unprivileged uid with exactly these ambient capabilities ("+kill,+sys_ptrace"); needs root. */
  readonly as?: { readonly uid: number; readonly capabilities: string };
}

const ampleLimits = 'injectsPerMinute: 600\nprocessesMax: 64\nfaultsMax: 64\ncpuPercentMax: 100%\n';

export async function startAgentRig(options: AgentRigOptions = {}): Promise<AgentRig> {
  const directory = makeTestDirectory();
  const state = directory.sub('state');
  const run = directory.sub('run');
  const config = directory.sub('config');
  writeFileSync(join(config, 'policy.yaml'), options.policy ?? ampleLimits, { mode: 0o600 });
  if (options.as) {
    for (const path of [directory.path, state, run, config, join(config, 'policy.yaml')]) {
      chownSync(path, options.as.uid, options.as.uid);
    }
  }
  const directories = ['--state-dir', state, '--run-dir', run, '--config-dir', config];
  const socketPath = join(run, 'agent.sock');
  const logPath = join(directory.path, 'log');
  let child: ChildProcess | undefined;

  async function start(): Promise<void> {
    const log = openSync(logPath, 'a', 0o600);
    const program = [
      process.execPath,
      join(distFolder, 'leash-agent.js'),
      'serve',
      ...directories,
      ...(options.args ?? []),
    ];
    const user = options.as ? unprivileged(options.as) : [];
    const [command = '', ...args] = [...(options.within ?? []), ...user, ...program];
    child = spawn(command, args, { stdio: ['ignore', 'ignore', log] });
    const started = child;
    await until('the agent serves', async () => {
      if (started.exitCode !== null) throw new Error(`the agent ended: ${readFileSync(logPath, 'utf8')}`);
      return existsSync(socketPath) && (await client.call('describe', {}, 500).catch(() => undefined));
    });
  }

  const client = createAgentClient(`unix:${socketPath}`, credentials.createInsecure());
  const rig: AgentRig = {
    directory,
    client,
    process: () => child as ChildProcess,
    pid: () => child?.pid ?? 0,
    directories,
    socketPath,
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
  const { uid, capabilities } = as;
  const only = capabilities === '' ? '-all' : `-all,${capabilities}`;
  return [
    'setpriv',
    `--reuid=${uid}`,
    `--regid=${uid}`,
    '--clear-groups',
    `--inh-caps=${only}`,
    `--ambient-caps=${only}`,
    `--bounding-set=${only}`,
    '--no-new-privs',
    '--',
  ];
}
