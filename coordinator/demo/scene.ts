/** The demo's scene: a shop, three agents and a coordinator as processes of their own, in one temporary directory. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createAuthority, issueCertificate } from '../ca/certificate-authority.ts';
import { type DemoHost, inventoryText, policyText } from './files.ts';
import { until } from './processes.ts';

export interface Scene {
  readonly directory: string;
  readonly hosts: readonly DemoHost[];
  readonly shopUrl: string;
  readonly shop: ChildProcess;
  /** Where the report of the paused worker is to be kept. */
  readonly reportFile?: string;
  agent(host: DemoHost): ChildProcess;
  coordinator(): ChildProcess;
  /** The directories of a host, as options of `leash-agent`. */
  agentOptions(host: DemoHost): readonly string[];
  /** For `leash` commands: how they reach the coordinator. */
  readonly environment: NodeJS.ProcessEnv;
  startAgent(host: DemoHost): Promise<void>;
  startCoordinator(): Promise<void>;
  /** Runs a bundled program of ours to its end. @param isShown whether its output is the demo's. */
  run(program: Program, args: readonly string[], isShown: boolean): Promise<{ code: number; output: string }>;
  /** Ends every process and removes the directory. Idempotent. */
  leave(): Promise<void>;
}

type Program = 'leash' | 'leash-agent';

const readyWithinMs = 15_000;
const stopWithinMs = 4000;
const names = ['host-a', 'host-b', 'host-c'] as const;

/** @param isQuiet what commands print goes to standard error, since standard output is for one document. */
export async function setScene(isQuiet: boolean, reportFile?: string): Promise<Scene> {
  const directory = mkdtempSync(join(tmpdir(), 'leash-demo-'));
  const children = new Set<ChildProcess>();
  const agents = new Map<string, ChildProcess>();
  let coordinator: ChildProcess | undefined;
  let isLeft = false;
  const shownTo = isQuiet ? process.stderr : process.stdout;

  function start(name: string, program: string, args: readonly string[]): ChildProcess {
    if (isLeft) throw new Error('the demo is over');
    const log = openSync(join(directory, `${name}.log`), 'a', 0o600);
    // In a session of its own: Ctrl-C is the demo's to answer, and it ends its processes in order.
    const child = spawn(process.execPath, [programPath(program), ...args], {
      stdio: ['ignore', log, log],
      detached: true,
    });
    children.add(child);
    child.once('exit', () => children.delete(child));
    return child;
  }

  /** The coordinator first, while there are agents that can still tell it how its runs end. */
  async function leave(): Promise<void> {
    isLeft = true;
    if (coordinator) await end([coordinator]);
    await end([...children]);
    rmSync(directory, { recursive: true, force: true });
  }

  try {
    const ports = await freePorts(names.length + 1);
    const hosts = names.map((name, index): DemoHost => {
      return { name, address: `127.0.0.1:${ports[index]}`, worker: name.replace('host', 'shop') };
    });
    const shopPort = String(ports[names.length]);
    const shopUrl = `http://127.0.0.1:${shopPort}/`;
    await makeFiles(directory, hosts);
    const socket = join(directory, 'run', 'coordinator.sock');
    const scene: Scene = {
      ...(reportFile === undefined ? {} : { reportFile }),
      directory,
      hosts,
      shopUrl,
      shop: start('shop', 'leash-demo-shop', [shopPort, String(process.pid), ...hosts.map((host) => host.worker)]),
      agent: (host) => agents.get(host.name) as ChildProcess,
      coordinator: () => coordinator as ChildProcess,
      agentOptions: (host) => agentDirectories(directory, host),
      environment: { LEASH_COORDINATOR: `unix:${socket}`, XDG_STATE_HOME: join(directory, 'state-home') },
      async startAgent(host) {
        const options = [
          '--host-name',
          host.name,
          '--listen',
          host.address,
          '--tls',
          join(directory, 'tls', host.name),
        ];
        const args = ['serve', ...agentDirectories(directory, host), ...options, '--tether', String(process.pid)];
        agents.set(host.name, start(host.name, 'leash-agent', args));
        await until(`${host.name} serves`, readyWithinMs, async () => {
          return (await scene.run('leash-agent', ['status', ...scene.agentOptions(host)], false)).code === 0;
        });
      },
      async startCoordinator() {
        coordinator = start('coordinator', 'leash', [
          'serve',
          ...['--state-dir', join(directory, 'coordinator'), '--run-dir', join(directory, 'run')],
          ...['--inventory', join(directory, 'inventory.yaml'), '--tls', join(directory, 'tls', 'coordinator')],
          ...['--tether', String(process.pid)],
        ]);
        await until('the coordinator knows its hosts', readyWithinMs, async () => {
          const { code, output } = await scene.run('leash', ['hosts', '--json'], false);
          return (
            code === 0 &&
            (JSON.parse(output).hosts as { status: string }[]).every((host) => host.status === 'connected')
          );
        });
      },
      run(program, args, isShown) {
        const child = spawn(process.execPath, [programPath(program), ...args], {
          stdio: ['ignore', isShown ? shownTo : 'pipe', isShown ? 'inherit' : 'ignore'],
          env: { ...process.env, ...scene.environment },
        });
        let output = '';
        child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
          output += chunk;
        });
        return new Promise((resolve) => child.once('close', (code) => resolve({ code: code ?? 1, output })));
      },
      leave,
    };
    await until('the shop answers', readyWithinMs, () => answers(shopUrl));
    await Promise.all(hosts.map((host) => scene.startAgent(host)));
    await scene.startCoordinator();
    return scene;
  } catch (error) {
    await leave();
    throw error;
  }
}

async function end(children: readonly ChildProcess[]): Promise<void> {
  for (const child of children) child.kill('SIGTERM');
  const timer = setTimeout(() => {
    for (const child of children) child.kill('SIGKILL');
  }, stopWithinMs);
  await Promise.all(children.map(ended));
  clearTimeout(timer);
}

export function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve();
  return new Promise((resolve) => child.once('exit', () => resolve()));
}

async function makeFiles(directory: string, hosts: readonly DemoHost[]): Promise<void> {
  const authority = join(directory, 'ca');
  const nowUnixMs = Date.now();
  await createAuthority({ directory: authority, trustDomain: 'leash.demo', nowUnixMs });
  const issue = (role: 'agent' | 'coordinator', name: string) =>
    issueCertificate(authority, { role, name, outDirectory: join(directory, 'tls', name), nowUnixMs });
  await issue('coordinator', 'coordinator');
  for (const host of hosts) {
    await issue('agent', host.name);
    const config = join(directory, host.name, 'config');
    mkdirSync(config, { recursive: true, mode: 0o700 });
    writeFileSync(join(config, 'policy.yaml'), policyText, { mode: 0o600 });
  }
  writeFileSync(join(directory, 'inventory.yaml'), inventoryText(hosts), { mode: 0o600 });
}

function agentDirectories(directory: string, host: DemoHost): readonly string[] {
  const folder = (name: string): string => join(directory, host.name, name);
  return ['--state-dir', folder('state'), '--run-dir', folder('run'), '--config-dir', folder('config')];
}

/** The programs lie side by side, as they were built. */
function programPath(program: string): string {
  return fileURLToPath(new URL(`${program}.js`, import.meta.url));
}

function answers(url: string): Promise<boolean> {
  return new Promise((resolve) => {
    get(url, { agent: false, timeout: 1000 }, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    }).on('error', () => resolve(false));
  });
}

/** Ports of loopback that nobody listens on; all are held until all are known, so that no two are the same. */
async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer();
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      return server;
    }),
  );
  return Promise.all(
    servers.map(async (server) => {
      const address = server.address();
      await new Promise((resolve) => server.close(resolve));
      return typeof address === 'object' && address ? address.port : 0;
    }),
  );
}
