/**
 * Each drop-in on a booted host, linked as its first lines say: before, the fault that needs it is refused by name; after,
 * the agent of the hardened unit does it, the host is seen to have it, and it is undone.
 */
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { credentials } from '@grpc/grpc-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { dropIns } from '../../../agent/app/drop-ins.ts';
import { type AgentClient, createAgentClient } from '../../rig/agent.ts';
import { inject, planFor, type Wanted } from '../../rig/inject.ts';
import { until } from '../../rig/until.ts';
import { type BootedFleet, bootFleet, isBootable, bootedTest as test } from '../rig/booted-fleet.ts';
import type { BootedHost } from '../rig/booted-host.ts';

const redis = 'redis-server.service';
const cgroup = '/apart';
const pidsFolder = `/sys/fs/cgroup/pids/leash-fleet-${process.pid}-granted${cgroup}`;
const hasPidsController = existsSync('/sys/fs/cgroup/pids');
const policy = `injectsPerMinute: 600
services: { allow: [${redis}] }
cgroups: { allow: ["${cgroup}"] }
paths: { allow: [/tmp] }
diskFloor: 1MiB
custom:
  - { name: nap, executable: /usr/bin/sleep, args: ["*"] }
`;
/** The capabilities of the base unit, as the kernel numbers them (capabilities(7)). */
const capKill = 1n << 5n;
const capPtrace = 1n << 19n;
const napSeconds = '86399';

let fleet: BootedFleet;
let client: AgentClient | undefined;
const host = (): BootedHost => fleet.hosts[0]!;
const agent = (): AgentClient => client as AgentClient;

interface Granted {
  readonly wanted: () => Wanted;
  /** What the host shows while it is held, and before and after. */
  look(): Promise<string>;
  readonly held: RegExp;
  /** Of the agent, beyond those of the base unit. */
  readonly capability?: bigint;
  readonly uid?: 'root';
  /** Refused by this name without the drop-in; what needs no more than a place is not. */
  readonly refusedFor?: RegExp;
  readonly missing?: string | undefined;
}

const rows: Readonly<Record<string, Granted>> = {
  network: {
    wanted: () => ({ kind: 'network.cut', parameters: { addresses: '192.0.2.0/24' } }),
    look: async () => ((await host().must('nft', 'list', 'tables')).includes('leash') ? 'a table' : 'none'),
    held: /a table/,
    capability: 1n << 12n,
    refusedFor: /CAP_NET_ADMIN is missing/,
  },
  service: {
    wanted: () => ({ kind: 'service.stop', parameters: { unit: redis } }),
    look: async () => (await host().run('systemctl', 'is-active', redis)).output.trim(),
    held: /^inactive$/,
    uid: 'root',
    refusedFor: /orders about units from root only/,
  },
  scheduling: {
    wanted: () => ({ kind: 'process.renice', parameters: { nice: 11 }, selector: { name: 'redis-server' } }),
    look: async () => (await host().must('ps', '-C', 'redis-server', '-o', 'nice=')).trim(),
    held: /^11$/,
    capability: 1n << 23n,
    refusedFor: /CAP_SYS_NICE is missing/,
  },
  limits: {
    wanted: () => ({ kind: 'cgroup.limit', parameters: { cgroup, pids: 7 } }),
    look: async () => readFileSync(`${pidsFolder}/pids.max`, 'latin1').trim(),
    held: /^7$/,
    capability: 1n << 1n,
    refusedFor: /CAP_DAC_OVERRIDE is missing/,
    missing: hasPidsController ? undefined : 'the pids controller in a hierarchy of its own',
  },
  disk: {
    wanted: () => ({ kind: 'stress.disk', parameters: { path: '/tmp', size: '40MiB', floor: '1MiB' } }),
    look: async () => (await host().must('df', '--output=used', '-B1M', '/tmp')).split('\n')[1]?.trim() ?? '',
    held: /^4[01]$/,
  },
  programs: {
    wanted: () => ({ kind: 'custom.run', parameters: { program: 'nap', args: [napSeconds] } }),
    look: async () =>
      (await host().run('pgrep', '-f', `^/usr/bin/sleep ${napSeconds}`)).output === '' ? 'none' : 'sleeps',
    held: /^sleeps$/,
    capability: 1n << 21n,
    refusedFor: /CAP_SYS_ADMIN is missing/,
  },
};

/** Asked for by a systemd that the hosts do not have: there it is refused by name, and the agent runs on. */
const beyondTheHost: Readonly<Record<string, { readonly systemdMin: number; readonly refused: Wanted }>> = {
  cgroup: { systemdMin: 254, refused: { kind: 'stress.pids', parameters: { count: 1 } } },
};

async function restartAgent(): Promise<void> {
  client?.close();
  await host().must('systemctl', 'daemon-reload');
  await host().must('systemctl', 'restart', 'leash-agent');
  const path = `/proc/${host().pidOutside(1)}/root/run/leash/agent.sock`;
  const eager = { 'grpc.initial_reconnect_backoff_ms': 10, 'grpc.max_reconnect_backoff_ms': 50 };
  const next = createAgentClient(`unix:${path}`, credentials.createInsecure(), eager);
  client = next;
  await until('the agent answers', () => next.call('describe', {}, 2000).catch(() => undefined));
}

const folder = '/etc/systemd/system/leash-agent.service.d';

async function link(name: string): Promise<void> {
  await host().must('mkdir', '-p', folder);
  await host().must('ln', '-s', `/usr/lib/leash-agent/drop-ins/${name}.conf`, `${folder}/`);
  await restartAgent();
}

async function unlink(name: string): Promise<void> {
  await host().must('rm', `${folder}/${name}.conf`);
  await restartAgent();
}

async function statusOf(field: string): Promise<string> {
  const status = readFileSync(`/proc/${await host().mainPid('leash-agent')}/status`, 'latin1');
  return new RegExp(`^${field}:\\s+(\\S+)`, 'm').exec(status)?.[1] ?? '';
}

async function refusalsOf(wanted: Wanted): Promise<string> {
  return ((await planFor(agent(), wanted)).refusals ?? [])
    .map(({ reason, message }) => `${reason}: ${message}`)
    .join('\n');
}

beforeAll(async () => {
  if (!isBootable) return;
  fleet = await bootFleet(['granted']);
  await host().must('systemd-sysusers');
  await host().write('/etc/leash/policy.yaml', policy);
  await host().must('mount', '-t', 'tmpfs', '-o', 'size=64M,mode=1777', 'tmp', '/tmp');
  await host().must('systemctl', 'start', redis);
  if (hasPidsController) {
    await host().must('mount', '-o', 'remount,bind,rw', '/sys/fs/cgroup/pids');
    mkdirSync(pidsFolder);
  }
  await restartAgent();
});
afterAll(async () => {
  client?.close();
  await fleet?.dispose();
});

it('each drop-in has a row, and no other', () => {
  const named = [...Object.keys(rows), ...Object.keys(beyondTheHost)];
  expect(named.sort()).toEqual(dropIns.map(({ name }) => name).sort());
});

describe.each(Object.entries(rows))('with the drop-in %s', (name, row) => {
  const { wanted, look, held, capability = 0n, uid, refusedFor, missing } = row;
  const when = missing === undefined ? test : test.skip;
  if (missing !== undefined) process.stderr.write(`NOT TESTED here, for want of ${missing}: the drop-in ${name}\n`);

  when('the agent does what it refused by name before, and undoes it', async () => {
    if (refusedFor) expect(await refusalsOf(wanted())).toMatch(refusedFor);
    await link(name);
    try {
      expect(BigInt(`0x${await statusOf('CapEff')}`)).toBe(capKill | capPtrace | capability);
      expect([await statusOf('Seccomp'), await statusOf('NoNewPrivs')]).toEqual(['2', '1']);
      expect((await statusOf('Uid')) === '0').toBe(uid === 'root');
      const before = await look();
      expect(before).not.toMatch(held);
      const { faultId = '' } = await inject(agent(), wanted());
      await until(`${name}: its effect is seen`, async () => held.test(await look()));
      const { receipts } = await agent().call('restore', { faultId, reason: 'the test is over' }, 60_000);
      expect(receipts?.[0]?.confirmed).toBe(true);
      await until(`${name}: all is as before`, async () => (await look()) === before);
    } finally {
      await unlink(name);
    }
  });
});

describe('with the drop-in service', () => {
  test('a service is restarted, and the agent sees it run again as another process', async () => {
    await link('service');
    try {
      const before = await host().mainPid(redis);
      const fault = await inject(agent(), { kind: 'service.restart', parameters: { unit: redis } });
      await until('another one runs', async () => {
        const now = await host().mainPid(redis);
        return now !== 0 && now !== before;
      });
      const receipt = await until('it is over', async () => {
        const { receipts } = await agent().call('restore', { faultId: fault.faultId ?? '' });
        return receipts?.[0];
      });
      expect(receipt.confirmed).toBe(true);
      expect(receipt.targets?.[0]?.seen).toContain('runs again');
    } finally {
      await unlink('service');
    }
  });
});

describe.each(Object.entries(beyondTheHost))('with the drop-in %s', (name, { systemdMin, refused }) => {
  test('an older systemd leaves it out: the agent runs, and refuses by name', async () => {
    const version = Number(/^systemd (\d+)/.exec(await host().must('systemctl', '--version'))?.[1]);
    await link(name);
    try {
      const refusals = await refusalsOf(refused);
      if (version < systemdMin) expect(refusals).toMatch(/^fault-unavailable: stress\.pids is not available here/);
      else expect(refusals).not.toMatch(/fault-unavailable/);
    } finally {
      await unlink(name);
    }
  });
});
