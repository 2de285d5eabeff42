/** Three real agents and a real coordinator over mutual TLS, and the `leash` command line to speak to them. */
import { type ChildProcess, spawn } from 'node:child_process';
import { openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAuthority, issueCertificate } from '../../coordinator/ca/certificate-authority.ts';
import type { Role } from '../../proto/role.ts';
import { type AgentRig, startAgentRig } from './agent.ts';
import { makeTestDirectory, type TestDirectory } from './directory.ts';
import { freePort } from './free-port.ts';
import type { NetworkHost } from './hosts.ts';
import { distFolder } from './project.ts';
import { until } from './until.ts';

export interface CommandResult {
  readonly code: number;
  readonly output: string;
  readonly errors: string;
}

export interface FleetRig {
  readonly directory: TestDirectory;
  readonly hosts: readonly { readonly name: string; readonly address: string; readonly agent: AgentRig }[];
  coordinator(): ChildProcess;
  /** Returns when every host that runs is connected. */
  startCoordinator(): Promise<void>;
  /** Runs `leash` to its end, over the coordinator's local socket. */
  leash(...args: readonly string[]): Promise<CommandResult>;
  /** The one document of a command with --json. */
  // biome-ignore lint/suspicious/noExplicitAny: tests look at documents of every shape.
  json(...args: readonly string[]): Promise<{ code: number; document: any }>;
  agentCommand(host: number, ...args: readonly string[]): Promise<CommandResult>;
  /** A directory for --tls. */
  issue(role: Role, name: string, validMs?: number): Promise<string>;
  write(name: string, text: string): string;
  /** What the coordinator wrote to standard error. */
  log(): string;
  dispose(): Promise<void>;
}

export interface FleetOptions {
  readonly hosts?: number;
  readonly policy?: string;
  /** The coordinator's own file. */
  readonly config?: string;
  /** More options of `leash serve`. */
  readonly serve?: readonly string[];
  /** Where the agents listen; loopback when left out. */
  readonly agentAddress?: string;
  /** Stands before the command line of the coordinator: the host that it runs on. */
  readonly coordinatorOn?: readonly string[];
  /** Where each agent runs, and the coordinator; all of them here, on loopback, where it is left out. */
  readonly network?: { readonly hosts: readonly NetworkHost[]; readonly coordinator: NetworkHost };
  /** Instead of `policy`, one for each host in order. */
  readonly policies?: readonly string[];
  /** The zone of every host; each is in one of its own unless said. */
  readonly zone?: string;
  /** The programme file of the coordinator. */
  readonly programme?: string;
  /** Called before the coordinator is started: a place to mount a small disk. */
  readonly prepare?: (stateDirectory: string) => void;
}

const names = ['host-a', 'host-b', 'host-c'];

export async function startFleetRig(options: FleetOptions = {}): Promise<FleetRig> {
  const { hosts: count = 3, config, serve = [], agentAddress = '127.0.0.1', coordinatorOn = [], network } = options;
  const { zone, programme } = options;
  const directory = makeTestDirectory();
  const authority = directory.sub('ca');
  await createAuthority({ directory: authority, trustDomain: 'leash.test', nowUnixMs: Date.now() });

  async function issue(role: Role, name: string, validMs?: number): Promise<string> {
    const outDirectory = join(directory.sub('tls'), `${role}-${name}`);
    const life = validMs === undefined ? {} : { validMs };
    await issueCertificate(authority, { role, name, outDirectory, nowUnixMs: Date.now(), ...life });
    return outDirectory;
  }

  const hosts = await Promise.all(
    names.slice(0, count).map(async (name, index) => {
      const policy = options.policies?.[index] ?? options.policy;
      const place = network?.hosts[index];
      const address = place ? `${place.ipv4}:7443` : `${agentAddress}:${await freePort()}`;
      const args = ['--host-name', name, '--listen', address, '--tls', await issue('agent', name)];
      const more = { ...(policy === undefined ? {} : { policy }), ...(place ? { inside: place.command } : {}) };
      return { name, address, agent: await startAgentRig({ args, ...more }) };
    }),
  );
  const write = (name: string, text: string): string => {
    const path = join(directory.path, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  const rows = hosts.map(
    ({ name, address }) => `  - { name: ${name}, address: "${address}", labels: { app: shop, zone: ${zone ?? name} } }`,
  );
  const programmeArgs = programme === undefined ? [] : ['--programme', write('programme.yaml', programme)];
  const inventory = write('inventory.yaml', `hosts:\n${rows.join('\n')}\n`);
  const own = config === undefined ? [] : ['--config', write('coordinator.yaml', config)];
  const coordinatorTls = await issue('coordinator', 'main');
  const logPath = join(directory.path, 'coordinator.log');
  const environment = {
    ...process.env,
    LEASH_COORDINATOR: `unix:${join(directory.path, 'run', 'coordinator.sock')}`,
    XDG_STATE_HOME: directory.sub('state-home'),
    NO_COLOR: '1',
  };
  let coordinator: ChildProcess | undefined;
  const coordinatorHost = network?.coordinator.command ?? [];

  function command(program: string, args: readonly string[]): Promise<CommandResult> {
    const child = spawn(process.execPath, [join(distFolder, program), ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: environment,
    });
    let output = '';
    let errors = '';
    child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
      output += chunk;
    });
    child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
      errors += chunk;
    });
    return new Promise((resolve) => child.once('close', (code) => resolve({ code: code ?? -1, output, errors })));
  }

  const rig: FleetRig = {
    directory,
    hosts,
    coordinator: () => coordinator as ChildProcess,
    issue,
    write,
    leash: (...args) => command('leash.js', args),
    async json(...args) {
      const { code, output, errors } = await command('leash.js', [...args, '--json']);
      if (output === '') throw new Error(`leash ${args.join(' ')} exited with ${code}: ${errors}`);
      return { code, document: JSON.parse(output) };
    },
    agentCommand: (host, ...args) => command('leash-agent.js', [...args, ...(hosts[host]?.agent.directories ?? [])]),
    async startCoordinator() {
      const log = openSync(logPath, 'a', 0o600);
      const paths = ['--state-dir', directory.sub('coordinator'), '--run-dir', directory.sub('run')];
      const given = [...own, ...programmeArgs, ...serve];
      const args = ['serve', '--inventory', inventory, '--tls', coordinatorTls, ...given, ...paths];
      const [program = '', ...words] = [
        ...coordinatorOn,
        ...coordinatorHost,
        process.execPath,
        join(distFolder, 'leash.js'),
        ...args,
      ];
      coordinator = spawn(program, words, {
        stdio: ['ignore', 'ignore', log],
        env: environment,
      });
      const started = coordinator;
      await until(
        'the coordinator knows its hosts',
        async () => {
          if (started.exitCode !== null) throw new Error(`the coordinator ended: ${rig.log()}`);
          const { code, output } = await rig.leash('hosts', '--json');
          return (
            code === 0 && JSON.parse(output).hosts.every((host: { status: string }) => host.status === 'connected')
          );
        },
        30_000,
      );
    },
    log: () => readFileSync(logPath, 'utf8'),
    async dispose() {
      if (coordinator && coordinator.exitCode === null && coordinator.signalCode === null) {
        const ended = new Promise((resolve) => coordinator?.once('exit', resolve));
        coordinator.kill('SIGKILL');
        await ended;
      }
      await Promise.all(hosts.map((host) => host.agent.dispose()));
      directory.remove();
    },
  };
  options.prepare?.(directory.sub('coordinator'));
  await rig.startCoordinator();
  return rig;
}
