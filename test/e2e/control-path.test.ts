/**
 * Everything of a host is cut off but the way back: the coordinator on another host renews and ends the fault, and SSH
 * stands and comes anew, on a port of its own. The two hosts are network namespaces, the rest is real.
 */
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { type FleetRig, startFleetRig } from '../rig/fleet.ts';
import { enterTestNetwork, type TestNetwork } from '../rig/network.ts';
import { projectFolder } from '../rig/project.ts';
import { findProgram, unless } from '../rig/requirement.ts';
import { askTcp } from '../rig/talk.ts';
import { until } from '../rig/until.ts';

const isTested =
  process.getuid?.() === 0 && ['nft', 'ip', 'sshd', 'ssh'].every((program) => findProgram(program) !== undefined);
const test = unless(isTested, 'root, nft, ip and sshd (packages nftables, iproute2, openssh-server)');
const portOpen = 8080;
const portSsh = 2222;
/** It separates privileges in this folder, which the service makes where there is one. */
const privilegeFolder = '/run/sshd';

let network: TestNetwork;
let rig: FleetRig;
let madePrivilegeFolder = false;
const started: ChildProcess[] = [];

beforeAll(async () => {
  if (!isTested) return;
  network = enterTestNetwork();
  rig = await startFleetRig({ hosts: 1, agentAddress: network.own.ipv4, coordinatorOn: network.elsewhere });
  const peer = start([
    ...network.elsewhere,
    process.execPath,
    `${projectFolder}/test/victims/network-peer.mjs`,
    `${portOpen}`,
  ]);
  await until('the peer is ready', () => peer.printed().includes('ready'));
  await startSshd();
});

afterAll(async () => {
  for (const child of started.reverse()) {
    child.kill('SIGTERM');
    await until('it is gone', () => child.exitCode !== null || child.signalCode !== null);
  }
  await rig?.dispose();
  if (madePrivilegeFolder) rmdirSync(privilegeFolder);
  network?.leave();
});

interface Started {
  readonly child: ChildProcess;
  printed(): string;
}

function start(command: readonly string[]): Started {
  const child = spawn(command[0] as string, command.slice(1), { stdio: ['pipe', 'pipe', 'pipe'] });
  started.push(child);
  let printed = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => {
      printed += chunk;
    });
  }
  return { child, printed: () => printed };
}

async function startSshd(): Promise<void> {
  const key = (name: string): string => join(rig.directory.path, name);
  for (const name of ['host-key', 'user-key'])
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', key(name)]);
  if (!existsSync(privilegeFolder)) {
    mkdirSync(privilegeFolder, { mode: 0o755 });
    madePrivilegeFolder = true;
  }
  const config = rig.write(
    'sshd_config',
    [
      `ListenAddress ${network.own.ipv4}:${portSsh}`,
      `HostKey ${key('host-key')}`,
      `AuthorizedKeysFile ${key('user-key')}.pub`,
      'AuthenticationMethods publickey',
      'PermitRootLogin yes',
      'StrictModes no',
      'UsePAM no',
      'PidFile none',
    ].join('\n'),
  );
  // Nothing on its command line says the port: it is found by its sockets.
  const sshd = start([findProgram('sshd') as string, '-D', '-e', '-f', config]);
  await until('sshd listens', () => sshd.printed().includes('Server listening'));
}

function ssh(...command: readonly string[]): Started {
  const silent = ['-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null', '-o', 'LogLevel=ERROR'];
  const options = ['-F', 'none', '-o', 'BatchMode=yes', '-o', 'ConnectTimeout=10', ...silent];
  const identity = ['-i', join(rig.directory.path, 'user-key'), '-p', `${portSsh}`, `root@${network.own.ipv4}`];
  return start([...network.elsewhere, 'ssh', ...options, ...identity, '--', ...command]);
}

const experiment = (seconds: number): string => `apiVersion: leash/v1
kind: Experiment
metadata: { name: cut, owner: test@example.com }
stage: development
lease: 5s
blastRadius: { hosts: 1 }
targets: { hosts: { mode: one } }
method:
  - { fault: network.cut, for: ${seconds}s }
`;

const isCut = async (): Promise<boolean> => (await askTcp(network.other.ipv4, portOpen)) === 'silent';

describe('while everything of a host is cut off', () => {
  test('its coordinator renews the lease to the end of the experiment, and SSH goes on', async () => {
    const standing = ssh('cat');
    standing.child.stdin?.write('before\n');
    await until('the session stands', () => standing.printed().includes('before'), 20_000);
    expect(await isCut()).toBe(false);

    const run = rig.json('run', rig.write('cut.yaml', experiment(12)), '--wait');
    await until('it is cut off', isCut, 20_000);
    standing.child.stdin?.write('during\n');
    await until('the session goes on', () => standing.printed().includes('during'));
    const another = ssh('echo', 'a new one');
    await until('a new session comes through', () => another.printed().includes('a new one'), 20_000);
    expect(await isCut()).toBe(true);

    const { document } = await run;
    const [fault] = document.faults;
    // More than two leases long, and ended by nothing but its own length.
    expect([fault.kind, fault.receipt.cause, fault.receipt.confirmed]).toEqual(['network.cut', 'completed', true]);
    expect(await isCut()).toBe(false);
  });

  test('its coordinator halts it at once', async () => {
    await rig.json('run', rig.write('cut.yaml', experiment(60)));
    await until('it is cut off', isCut, 20_000);
    const { code, document } = await rig.json('halt', '--reason', 'test');
    expect([code, document.hosts[0].confirmed]).toEqual([0, true]);
    expect(await isCut()).toBe(false);
  });
});
