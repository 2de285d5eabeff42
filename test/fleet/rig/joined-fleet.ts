/**
 * A fleet as the documentation makes one: the packages installed by apt on bare hosts, a coordinator on a host of its own,
 * and every other host joined to it by a token.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { until } from '../../rig/until.ts';
import { bootFleet } from './booted-fleet.ts';
import type { BootedHost } from './booted-host.ts';
import { buildPackage } from './built-packages.ts';

export interface JoinedFleet {
  readonly control: BootedHost;
  /** In the order in which they were asked for. */
  readonly hosts: readonly BootedHost[];
  /** The agent's packages, at the same paths on every host; the first is what they have joined with. */
  readonly agentPackages: readonly string[];
  /** Does it on every host at once. */
  each<Result>(act: (host: BootedHost) => Promise<Result>): Promise<Result[]>;
  areConnected(): Promise<void>;
  /** Milliseconds that it took to install, and to join, with all hosts at once. */
  readonly installedMs: number;
  readonly joinedMs: number;
  dispose(): Promise<void>;
}

export interface JoinedFleetOptions {
  /** Builds packages of the agent into this directory; the first is installed. */
  readonly agentPackages?: (directory: string) => Promise<readonly string[]>;
  readonly policy: string;
  /** Of the agent's unit. */
  readonly dropIns?: readonly string[];
  /** As for `bootFleet`. */
  readonly debianPackages?: readonly string[];
}

const connectedWithinMs = 120_000;
const install = ['apt-get', 'install', '-y'];

export async function bootJoinedFleet(
  names: readonly string[],
  { agentPackages: buildAgentPackages = builtAsItIs, policy, dropIns = [], debianPackages = [] }: JoinedFleetOptions,
): Promise<JoinedFleet> {
  const packages = mkdtempSync(join(tmpdir(), 'leash-packages-'));
  const undo: (() => void | Promise<void>)[] = [() => rmSync(packages, { recursive: true, force: true })];
  const dispose = async (): Promise<void> => {
    for (let step = undo.pop(); step; step = undo.pop()) await step();
  };
  try {
    const coordinatorPackage = await buildPackage(packages, 'leash');
    const agentPackages = await buildAgentPackages(packages);
    const fleet = await bootFleet(['control', ...names], { programs: 'none', debianPackages });
    undo.push(() => fleet.dispose());
    const [control, ...hosts] = fleet.hosts as [BootedHost, ...BootedHost[]];
    const each = <Result>(act: (host: BootedHost) => Promise<Result>): Promise<Result[]> => Promise.all(hosts.map(act));
    const known = fleet.hosts.map(({ name, ipv4 }) => `${ipv4} ${name}\n`).join('');
    for (const host of fleet.hosts) await host.write('/etc/hosts', `127.0.0.1 localhost\n${known}`);
    const bring = (host: BootedHost, file: string): Promise<void> => host.write(atHost(file), readFileSync(file));

    await bring(control, coordinatorPackage);
    await control.must(...install, atHost(coordinatorPackage));
    await startCoordinator(control);

    for (const file of agentPackages) await each((host) => bring(host, file));
    const installedFrom = performance.now();
    await each((host) => host.must(...install, atHost(agentPackages[0] ?? '')));
    const installedMs = performance.now() - installedFrom;
    await each(async (host) => {
      await host.write('/etc/leash/policy.yaml', policy);
      await host.must('mkdir', '-p', '/etc/systemd/system/leash-agent.service.d');
      for (const name of dropIns)
        await host.must(
          ...['ln', '-s', `/usr/lib/leash-agent/drop-ins/${name}.conf`, '/etc/systemd/system/leash-agent.service.d/'],
        );
    });
    const areConnected = (): Promise<void> => everyHostIsConnected(control, names.length);
    const joinedFrom = performance.now();
    await each((host) => joinBy(control, host));
    await areConnected();
    const joinedMs = performance.now() - joinedFrom;
    return {
      control,
      hosts,
      agentPackages: agentPackages.map(atHost),
      each,
      areConnected,
      installedMs,
      joinedMs,
      dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}

async function builtAsItIs(directory: string): Promise<readonly string[]> {
  return [await buildPackage(directory, 'leash-agent')];
}

async function startCoordinator(control: BootedHost): Promise<void> {
  const home = '/etc/leash-coordinator';
  await control.must('leash', 'ca', 'init', '--dir', `${home}/ca`, '--trust-domain', 'test.fleet');
  await control.must(
    ...['leash', 'ca', 'issue', '--dir', `${home}/ca`, '--role', 'coordinator', '--name', 'control'],
    ...['--out', `${home}/tls`],
  );
  await control.must('chown', '-R', 'leash-coordinator:', `${home}/ca`, `${home}/tls`);
  await control.write(
    `${home}/coordinator.env`,
    `LEASH_TLS=${home}/tls\nLEASH_CA=${home}/ca\nLEASH_HTTP=0.0.0.0:7444\n`,
  );
  await control.must('systemctl', 'enable', '--now', 'leash-coordinator');
}

async function joinBy(control: BootedHost, host: BootedHost): Promise<void> {
  const made = await control.must('leash', 'join-token', '--name', host.name, '--label', 'app=shop', '--json');
  await host.write('/run/join.token', JSON.parse(made).token, 0o600);
  await host.must('leash-agent', 'join', 'control:7444', '--token-file', '/run/join.token');
}

async function everyHostIsConnected(control: BootedHost, count: number): Promise<void> {
  let seen = '';
  const connected = async (): Promise<boolean> => {
    const { code, output, errors } = await control.run('leash', 'hosts', '--json');
    seen = output + errors;
    if (code !== 0) return false;
    const { hosts } = JSON.parse(output);
    return hosts.filter(({ status }: { status: string }) => status === 'connected').length === count;
  };
  await until('all hosts are connected', connected, connectedWithinMs).catch((error: Error) => {
    throw new Error(`${error.message}: ${seen}`);
  });
}

function atHost(file: string): string {
  return `/srv/${basename(file)}`;
}
