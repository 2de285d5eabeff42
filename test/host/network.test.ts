/** The network faults and `dns.block` on the real kernel, between two hosts that the test made (ip-netns(8)). */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmdirSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest';
import type { ProcessIdentity } from '../../proto/identity.ts';
import { enterTestNetwork, type TestNetwork } from '../rig/network.ts';
import { findProgram, unless } from '../rig/requirement.ts';
import { askTcp, askUdp, sendUdp } from '../rig/talk.ts';
import {
  bootMs,
  type HoldRequest,
  livingHolders,
  startAgent,
  type TestAgent,
  type TestHolder,
} from './harness/agent.ts';
import { victimProgram } from './harness/build.ts';
import { until } from './harness/until.ts';
import { host } from './harness/victim.ts';

const isRoot = process.getuid?.() === 0;
const hasTools = findProgram('nft') !== undefined && findProgram('ip') !== undefined;
const isTested = isRoot && hasTools;
const test = unless(isTested, 'root, nft (package nftables) and ip (package iproute2)');

const portOpen = 8080;
const portOther = 8081;
const portDns = 53;
const controlPath = { localPorts: [22, 7443] };
const epsilonMs = 250;

let network: TestNetwork;
const started: ReturnType<typeof spawn>[] = [];
let agent: TestAgent | undefined;

/** A program of the test; ended with it. */
async function start(
  command: readonly string[],
): Promise<ReturnType<typeof spawn> & { readonly printed: () => string }> {
  const child = spawn(command[0] as string, command.slice(1), { stdio: ['pipe', 'pipe', 'inherit'] });
  let printed = '';
  child.stdout.on('data', (chunk) => {
    printed += chunk;
  });
  started.push(child);
  await until('it is ready', () => printed.includes('ready'), 30_000);
  return Object.assign(child, { printed: () => printed });
}

const node = (program: string, ...args: readonly (string | number)[]): readonly string[] => [
  process.execPath,
  victimProgram(program),
  ...args.map(String),
];

beforeAll(async () => {
  if (!isTested) return;
  network = enterTestNetwork();
  await start([...network.elsewhere, ...node('network-peer.mjs', portOpen, portOther, portDns)]);
  await start(node('network-peer.mjs', portOpen, ...controlPath.localPorts));
});

afterEach(async () => {
  await agent?.stop();
  agent = undefined;
  if (isTested) await until('no rules are left', () => tables().length === 0);
});

afterAll(() => {
  for (const child of started) child.kill('SIGKILL');
  network?.leave();
});

function tables(): readonly string[] {
  const seen = host.ruleTables('leash_');
  if (seen.kind === 'unknown') throw new Error(seen.why);
  return seen.tables.map(({ name }) => name);
}

const tableOf = ({ pid }: ProcessIdentity): string => `leash_${pid}`;

/** Parameters as the agent's door leaves them. */
function traffic(changes: Readonly<Record<string, unknown>> = {}): Readonly<Record<string, unknown>> {
  return { direction: 'both', protocol: 'any', loopback: false, verdict: 'drop', ...changes };
}

async function hold(request: HoldRequest, who: TestAgent | undefined = agent): Promise<TestHolder> {
  agent = who ?? (await startAgent());
  const holder = await agent.start({ briefing: { controlPath }, ...request });
  await holder.report('touched');
  return holder;
}

const range = (port: number) => [{ first: port, last: port }];

describe.each([
  ['root', () => startAgent()],
  ['an unprivileged user with CAP_NET_ADMIN', () => startAgent('unprivileged', '+net_admin')],
] as const)('a cut network, held for an agent of %s', (_who, begin) => {
  test('is silent in both directions, over both families, and comes back when it is released', async () => {
    agent = await begin();
    expect(await askTcp(network.other.ipv4, portOpen)).toBe('answered');
    const holder = await hold({ kind: 'network.cut', parameters: traffic() });
    expect(await askTcp(network.other.ipv4, portOpen)).toBe('silent');
    expect(await askTcp(network.other.ipv6, portOpen)).toBe('silent');
    expect(await askUdp(network.other.ipv4, portOpen, Buffer.from('x'))).toBe('silent');
    expect(await askTcp('127.0.0.1', portOpen)).toBe('answered');
    holder.release();
    expect(await holder.ended()).toBe('exit 0');
    expect(tables()).toEqual([]);
    expect(await askTcp(network.other.ipv4, portOpen)).toBe('answered');
    expect(await askTcp(network.other.ipv6, portOpen)).toBe('answered');
  });

  test('lets the control path be, connections that stand and new ones', async () => {
    agent = await begin();
    const wire = (port: number, address = network.own.ipv4) =>
      start([...network.elsewhere, ...node('network-wire.mjs', address, port)]);
    const standing = await wire(7443);
    const ordinary = await wire(portOpen);
    await hold({ kind: 'network.cut', parameters: traffic() });
    // As after a while: both hosts must ask again who is who.
    for (const before of [[], network.elsewhere]) {
      const [command = '', ...args] = [...before, 'ip', 'neighbour', 'flush', 'all'];
      execFileSync(command, args, { stdio: 'ignore' });
    }
    for (const connection of [standing, await wire(22), await wire(7443), await wire(22, network.own.ipv6)]) {
      connection.stdin?.write('word');
      await until('the word came back', () => connection.printed().includes('word'));
    }
    ordinary.stdin?.write('word');
    await expect(until('the word came back', () => ordinary.printed().includes('word'), 300)).rejects.toThrow();
    expect(await askTcp(network.own.ipv4, portOpen)).toBe('answered');
  });

  test('has a holder with no other capability', async () => {
    agent = await begin();
    const holder = await hold({ kind: 'network.cut', parameters: traffic() });
    const status = readFileSync(`/proc/${holder.identity.pid}/status`, 'latin1');
    expect(status).toMatch(/^CapEff:\t0000000000001000$/m);
    expect(status).toMatch(/^CapPrm:\t0000000000001000$/m);
  });

  test('leaves nothing when the agent dies at whatever instant of its start', async () => {
    for (let round = 0; round < 10; round++) {
      agent = await begin();
      agent.startBlindly({ kind: 'network.cut', parameters: traffic(), briefing: { controlPath } });
      await until('a holder exists', () => livingHolders().length > 0, 5000, 0);
      const killAtMs = bootMs() + round * 25;
      await until('the instant of the kill', () => bootMs() >= killAtMs, 1000, 0);
      await agent.stop();
      await until('no holder is left', () => livingHolders().length === 0);
      await until('no rules are left', () => tables().length === 0, epsilonMs);
    }
  });
});

describe('a network fault hits', () => {
  test('the ports of the other side that it names', async () => {
    await hold({ kind: 'network.cut', parameters: traffic({ remotePorts: range(portOpen) }) });
    expect(await askTcp(network.other.ipv4, portOpen)).toBe('silent');
    expect(await askTcp(network.other.ipv4, portOther)).toBe('answered');
  });

  test('the addresses that it names, of either family, and networks that overlap', async () => {
    const addresses = [
      { family: 'ip', cidr: '10.77.0.0/30' },
      { family: 'ip', cidr: '10.0.0.0/8' },
    ];
    await hold({ kind: 'network.cut', parameters: traffic({ addresses }) });
    expect(await askTcp(network.other.ipv4, portOpen)).toBe('silent');
    expect(await askTcp(network.other.ipv6, portOpen)).toBe('answered');
  });

  test('everything, where the network that it names is everything', async () => {
    const addresses = [
      { family: 'ip', cidr: '0.0.0.0/0' },
      { family: 'ip6', cidr: '::/0' },
    ];
    await hold({ kind: 'network.cut', parameters: traffic({ addresses }) });
    expect(await askTcp(network.other.ipv4, portOpen)).toBe('silent');
    expect(await askTcp(network.other.ipv6, portOpen)).toBe('silent');
  });

  test('what it refuses with an answer', async () => {
    await hold({ kind: 'network.cut', parameters: traffic({ direction: 'out', verdict: 'reject' }) });
    expect(await askTcp(network.other.ipv4, portOpen)).toBe('refused');
  });

  test('the protocol that it names', async () => {
    await hold({ kind: 'network.cut', parameters: traffic({ protocol: 'udp' }) });
    expect(await askUdp(network.other.ipv4, portOpen, Buffer.from('x'))).toBe('silent');
    expect(await askTcp(network.other.ipv4, portOpen)).toBe('answered');
  });

  test('the user that it names', async () => {
    const ofDaemon = await hold({ kind: 'network.cut', parameters: traffic({ direction: 'out', user: 'daemon' }) });
    expect(await askTcp(network.other.ipv4, portOpen)).toBe('answered');
    ofDaemon.release();
    await ofDaemon.ended();
    await hold({ kind: 'network.cut', parameters: traffic({ direction: 'out', user: 'root' }) });
    expect(await askTcp(network.other.ipv4, portOpen)).toBe('silent');
  });

  test('loopback, where that was asked, and spares the control path there', async () => {
    await hold({ kind: 'network.cut', parameters: traffic({ loopback: true }) });
    expect(await askTcp('127.0.0.1', portOpen)).toBe('silent');
    expect(await askTcp('127.0.0.1', 7443)).toBe('answered');
  });

  test('a share of the packets', async () => {
    const packets = Array.from({ length: 50 }, () => Buffer.alloc(64));
    const lossPercent = async (): Promise<number> => {
      const before = network.arrivedDatagrams();
      for (let round = 0; round < 40; round++) await sendUdp(network.other.ipv4, portOpen, packets, 40);
      return 100 - (100 * (network.arrivedDatagrams() - before)) / (40 * packets.length);
    };
    expect(await lossPercent()).toBe(0);
    await hold({ kind: 'network.loss', parameters: traffic({ direction: 'out', loss: 30 }) });
    // Four standard deviations over 2,000 packets are 4.1 points.
    expect(Math.abs((await lossPercent()) - 30)).toBeLessThan(4.1);
  });

  test('what is above a rate', async () => {
    const perSecond = 2 ** 20;
    const bytes = 1028;
    await hold({ kind: 'network.rate', parameters: traffic({ direction: 'out', perSecond }) });
    const beganAtMs = bootMs();
    const payload = Buffer.alloc(bytes - 28);
    let received = 0;
    let sent = 0;
    while (bootMs() - beganAtMs < 2000) {
      sent += 200;
      received += await sendUdp(
        network.other.ipv4,
        portOpen,
        Array.from({ length: 200 }, () => payload),
        50,
      );
    }
    // The kernel's bucket holds a second's worth and the burst.
    const allowed = 65_536 + perSecond * (1 + (bootMs() - beganAtMs) / 1000);
    expect(received * bytes).toBeLessThan(allowed * 1.05);
    // On a busy machine less is sent than is allowed.
    expect(received * bytes).toBeGreaterThan(Math.min(allowed, sent * bytes) * 0.7);
  });

  const cgroupRoot = ['/sys/fs/cgroup', '/sys/fs/cgroup/unified'].find((path) =>
    existsSync(`${path}/cgroup.controllers`),
  );
  unless(isTested && cgroupRoot !== undefined, 'the unified cgroup hierarchy')('the cgroup that it names', async () => {
    const name = `leash-test-${process.pid}`;
    mkdirSync(`${cgroupRoot}/${name}/inner`, { recursive: true });
    try {
      const [inside, outside] = await Promise.all([
        start(node('network-wire.mjs', network.other.ipv4, portOpen, `${cgroupRoot}/${name}/inner`)),
        start(node('network-wire.mjs', network.other.ipv4, portOpen)),
      ]);
      for (const direction of ['in', 'out']) {
        const holder = await hold({ kind: 'network.cut', parameters: traffic({ direction, cgroup: `${name}/inner` }) });
        outside.stdin?.write(`${direction}-word`);
        await until('the word came back', () => outside.printed().includes(`${direction}-word`));
        inside.stdin?.write(`${direction}-word`);
        await expect(until('…', () => inside.printed().includes(`${direction}-word`), 300)).rejects.toThrow();
        holder.release();
        await until('the word came back', () => inside.printed().includes(`${direction}-word`), 10_000);
      }
      inside.kill('SIGKILL');
      await until('it is gone', () => inside.signalCode !== null);
    } finally {
      rmdirSync(`${cgroupRoot}/${name}/inner`);
      rmdirSync(`${cgroupRoot}/${name}`);
    }
  });
});

describe('a network fault is refused', () => {
  const refused = async (parameters: Readonly<Record<string, unknown>>, briefing = { controlPath }) => {
    agent = await startAgent();
    return (await agent.start({ kind: 'network.cut', parameters, briefing })).report('touched');
  };

  test('where it would hit nothing but the control path', async () => {
    await expect(refused(traffic({ localPorts: range(22) }))).rejects.toMatchObject({ reason: 'target-protected' });
  });

  test('for a user or a cgroup that is not there', async () => {
    await expect(refused(traffic({ direction: 'out', user: 'nobody-such' }))).rejects.toMatchObject({
      reason: 'no-match',
    });
    await agent?.stop();
    await expect(refused(traffic({ cgroup: 'no/such' }))).rejects.toMatchObject({ reason: 'no-match' });
  });

  test('where the control path is not known', async () => {
    await expect(refused(traffic(), {} as never)).rejects.toThrow('control path');
  });

  test('without CAP_NET_ADMIN, and touches nothing', async () => {
    agent = await startAgent('unprivileged');
    const holder = await agent.start({ kind: 'network.cut', parameters: traffic(), briefing: { controlPath } });
    expect(await holder.ended()).toMatch(/^exit [1-9]/);
    expect(tables()).toEqual([]);
  });
});

test('nobody else takes the rules of a fault away, and they take nobody else’s', async () => {
  const holder = await hold({ kind: 'network.cut', parameters: traffic() });
  execFileSync('nft', ['add', 'table', 'inet', 'of_others']);
  execFileSync('nft', ['flush', 'ruleset']);
  expect(tables()).toEqual([tableOf(holder.identity)]);
  execFileSync('nft', ['add', 'table', 'inet', 'of_others']);
  holder.release();
  await holder.ended();
  expect(execFileSync('nft', ['list', 'tables'], { encoding: 'utf8' })).toBe('table inet of_others\n');
  execFileSync('nft', ['delete', 'table', 'inet', 'of_others']);
});

describe('dns.block', () => {
  const query = (name: string): Buffer =>
    Buffer.concat([
      Buffer.from([1, 2, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0]),
      ...name.split('.').map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)])),
      Buffer.from([0, 0, 1, 0, 1]),
    ]);
  const ask = (name: string, address = network.other.ipv4) => askUdp(address, portDns, query(name));
  const asked = (changes = {}) => ({ verdict: 'drop', loopback: false, ...changes });

  test('keeps all queries from the resolvers', async () => {
    expect(await ask('example.com')).toBe('answered');
    await hold({ kind: 'dns.block', parameters: asked() });
    expect(await ask('example.com')).toBe('silent');
    expect(await askTcp(network.other.ipv4, portDns)).toBe('silent');
    expect(await askTcp(network.other.ipv4, portOpen)).toBe('answered');
  });

  test('keeps queries from one resolver, and not from another', async () => {
    await hold({ kind: 'dns.block', parameters: asked({ resolvers: [{ family: 'ip', cidr: '10.77.0.2/32' }] }) });
    expect(await ask('example.com')).toBe('silent');
    expect(await ask('example.com', network.other.ipv6)).toBe('answered');
  });

  test('keeps queries for a name, however it is written, and lets others pass', async () => {
    const name = 'a-rather-long-name.api.example.com';
    await hold({ kind: 'dns.block', parameters: asked({ names: [name, 'example.org'] }) });
    for (const spelt of [name, name.toUpperCase(), 'Example.ORG']) expect(await ask(spelt), spelt).toBe('silent');
    for (const other of ['api.example.com', `x.${name}`, 'example.com'])
      expect(await ask(other), other).toBe('answered');
  });

  test('keeps queries for a name over TCP too', async () => {
    await hold({ kind: 'dns.block', parameters: asked({ names: ['example.org'] }) });
    const ofName = (name: string): Buffer => Buffer.concat([Buffer.from([0, query(name).length]), query(name)]);
    const wire = await start(node('network-wire.mjs', network.other.ipv4, portDns));
    wire.stdin?.write(ofName('example.com'));
    await until('an answer', () => wire.printed().includes('example'));
    const blocked = await start(node('network-wire.mjs', network.other.ipv4, portDns));
    blocked.stdin?.write(ofName('example.org'));
    await expect(until('an answer', () => blocked.printed().includes('example'), 400)).rejects.toThrow();
  });
});
