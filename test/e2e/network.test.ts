/** Network faults and programs through a whole agent: refused by name where something is missing, and else held. */
import { type ChildProcess, spawn } from 'node:child_process';
import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest';
import { createAuthority, issueCertificate } from '../../coordinator/ca/certificate-authority.ts';
import { leash } from '../../proto/codec.ts';
import { type AgentRig, type AgentRigOptions, startAgentRig } from '../rig/agent.ts';
import { makeTestDirectory, type TestDirectory } from '../rig/directory.ts';
import { inject, planFor } from '../rig/inject.ts';
import { enterTestNetwork, type TestNetwork } from '../rig/network.ts';
import { projectFolder } from '../rig/project.ts';
import { findProgram, unless } from '../rig/requirement.ts';
import { askTcp } from '../rig/talk.ts';
import { until } from '../rig/until.ts';

const isTested = process.getuid?.() === 0 && findProgram('nft') !== undefined && findProgram('ip') !== undefined;
const test = unless(isTested, 'root, nft (package nftables) and ip (package iproute2)');
const port = 8080;
const agentPort = 7443;

const policy = `injectsPerMinute: 600
custom:
  - { name: nap, executable: /usr/bin/sleep, args: ["*"] }
`;

let network: TestNetwork;
let directory: TestDirectory;
let rig: AgentRig | undefined;
const started: ChildProcess[] = [];

beforeAll(async () => {
  if (!isTested) return;
  network = enterTestNetwork();
  directory = makeTestDirectory();
  const peer = start([
    ...network.elsewhere,
    process.execPath,
    `${projectFolder}/test/victims/network-peer.mjs`,
    `${port}`,
  ]);
  await until('the peer is ready', () => peer.printed().includes('ready'));
});

afterEach(async () => {
  await rig?.dispose();
  rig = undefined;
});

afterAll(() => {
  for (const child of started) child.kill('SIGKILL');
  directory?.remove();
  network?.leave();
});

function start(command: readonly string[]): { readonly printed: () => string } {
  const child = spawn(command[0] as string, command.slice(1), { stdio: ['pipe', 'pipe', 'inherit'] });
  started.push(child);
  let printed = '';
  child.stdout.on('data', (chunk) => {
    printed += chunk;
  });
  return { printed: () => printed };
}

async function begin(options: AgentRigOptions = {}): Promise<AgentRig> {
  rig = await startAgentRig({ policy, ...options });
  return rig;
}

const refusalsOf = async (agent: AgentRig, kind: string, parameters = {}): Promise<string> => {
  const { refusals } = await planFor(agent.client, { kind, parameters });
  return (refusals ?? []).map(({ message }) => message).join('\n');
};

describe('an agent', () => {
  test('with the capabilities of the default unit refuses each fault by name, and says which drop-in is missing', async () => {
    const agent = await begin({ as: { uid: 65_534, capabilities: '+kill,+sys_ptrace' } });
    for (const [kind, parameters] of [
      ['network.cut', {}],
      ['network.loss', { loss: '5%' }],
      ['network.rate', { perSecond: '1MiB' }],
      ['dns.block', {}],
    ] as const) {
      const refusals = await refusalsOf(agent, kind, parameters);
      expect(refusals).toContain(`${kind} is not available here: CAP_NET_ADMIN is missing`);
      expect(refusals).toContain('RestrictAddressFamilies=AF_NETLINK');
    }
    expect(await refusalsOf(agent, 'custom.run', { program: 'nap', args: ['1'] })).toContain(
      'CAP_SYS_ADMIN is missing',
    );
  });

  test('cuts the network, is reached meanwhile by those who may end it, and sees the rules come and go', async () => {
    const authority = directory.sub('ca');
    await createAuthority({ directory: authority, trustDomain: 'leash.test', nowUnixMs: Date.now() });
    const outDirectory = directory.sub('agent');
    await issueCertificate(authority, { role: 'agent', name: 'host-a', outDirectory, nowUnixMs: Date.now() });
    const agent = await begin({ args: ['--listen', `${network.own.ipv4}:${agentPort}`, '--tls', outDirectory] });
    const fault = await inject(agent.client, { kind: 'network.cut' });
    expect(fault.phase).toBe(leash.v1.Phase.PHASE_ACTIVE);
    expect(fault.seen).toMatch(/local TCP ports 22, .*7443.* are spared; the kernel has \d+ rules in it; it goes with/);
    expect(await askTcp(network.other.ipv4, port)).toBe('silent');
    const wire = [`${projectFolder}/test/victims/network-wire.mjs`, network.own.ipv4, `${agentPort}`];
    const caller = start([...network.elsewhere, process.execPath, ...wire]);
    await until('a connection from elsewhere stands', () => caller.printed().includes('ready'));
    const { receipts } = await agent.client.call('restore', { faultId: fault.faultId ?? '' });
    expect(receipts?.[0]).toMatchObject({
      confirmed: true,
      targets: [{ outcome: leash.v1.Outcome.OUTCOME_RESTORED, seen: 'the kernel has no such table' }],
    });
    expect(await askTcp(network.other.ipv4, port)).toBe('answered');
  });

  test('without root but with CAP_NET_ADMIN cuts too, and its lease lets go', async () => {
    const agent = await begin({ as: { uid: 65_534, capabilities: '+kill,+sys_ptrace,+net_admin' } });
    await inject(agent.client, { kind: 'network.cut', leaseTtlMs: 1500 });
    expect(await askTcp(network.other.ipv4, port)).toBe('silent');
    await until('it answers again', async () => (await askTcp(network.other.ipv4, port, 100)) === 'answered', 3000);
  });

  test('sees after its own death that the kernel has let go', async () => {
    const agent = await begin();
    await inject(agent.client, { kind: 'network.cut' });
    const ended = new Promise((resolve) => agent.process().once('exit', resolve));
    agent.process().kill('SIGKILL');
    await ended;
    expect(await askTcp(network.other.ipv4, port, 1500)).toBe('answered');
    await agent.start();
    await until('nothing is left', async () => (await agent.client.call('describe', {})).active?.length === 0);
  });

  test('runs a program of its list, and refuses others and other arguments', async () => {
    const agent = await begin();
    expect(await refusalsOf(agent, 'custom.run', { program: 'sh' })).toContain(
      'sh is not among the programs of custom (nap)',
    );
    expect(await refusalsOf(agent, 'custom.run', { program: 'nap', args: ['1; id'] })).toContain(
      'is like none that custom',
    );
    const fault = await inject(agent.client, { kind: 'custom.run', parameters: { program: 'nap', args: ['9999'] } });
    expect(fault.seen).toContain('/usr/bin/sleep runs');
    const { receipts } = await agent.client.call('restore', { faultId: fault.faultId ?? '' });
    expect(receipts?.[0]).toMatchObject({ confirmed: true, targets: [{ seen: 'its PID namespace is gone' }] });
  });
});
