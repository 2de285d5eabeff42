/**
 * Faults that the kernel cannot bind, on hosts with a systemd of their own: the effect seen by systemd and by the files of
 * the kernel, gone at the deadline, after SIGKILL of the agent, of the holder and of both, after a stop of the agent as an
 * upgrade makes it, and after a loss of power.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { credentials } from '@grpc/grpc-js';
import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest';
import { listHolders } from '../../../agent/host/holder-children.ts';
import { createProcessReader } from '../../../agent/host/process-table.ts';
import type { leash } from '../../../proto/codec.ts';
import { causeWords, outcomeWords } from '../../../proto/fault.ts';
import { parsePid } from '../../../proto/identity.ts';
import { type AgentClient, createAgentClient } from '../../rig/agent.ts';
import { inject, planFor, type Wanted } from '../../rig/inject.ts';
import { until } from '../../rig/until.ts';
import { type BootedFleet, bootFleet, isBootable, bootedTest as test } from '../rig/booted-fleet.ts';
import type { BootedHost } from '../rig/booted-host.ts';

const unit = 'redis-server.service';
/**
 * A booted host shares the controllers of this machine, and its systemd makes no cgroups in them: so there is one of the
 * test's own, below that of the host, which is all that it sees of them.
 */
const cgroup = '/apart';
const folderOf = (controller: 'freezer' | 'pids'): string =>
  `/sys/fs/cgroup/${controller}/leash-fleet-${process.pid}-services${cgroup}`;
const hasControllers = existsSync('/sys/fs/cgroup/freezer') && existsSync('/sys/fs/cgroup/pids');
const policy = `injectsPerMinute: 600
services: { allow: [${unit}, needed.service] }
cgroups: { allow: ["${cgroup}"] }
reboots: true
`;
const dropIn = '[Service]\nUser=root\nGroup=root\nAmbientCapabilities=\nCapabilityBoundingSet=~\n';
const watched = `[Service]
Type=notify
NotifyAccess=all
WatchdogSec=2s
ExecStart=/bin/sh -c 'systemd-notify --ready; while :; do systemd-notify WATCHDOG=1; sleep 0.5; done'
`;

let fleet: BootedFleet;
let host: BootedHost;
let client: AgentClient | undefined;

async function begin(): Promise<void> {
  // A host sees the controllers of this machine without being allowed to write there, each time that it is booted.
  for (const controller of hasControllers ? ['freezer', 'pids'] : []) {
    await host.must('mount', '-o', 'remount,bind,rw', `/sys/fs/cgroup/${controller}`);
  }
  await host.must('systemctl', 'start', 'leash-agent');
  client?.close();
  // The socket as this machine sees it, through the root of the host's first process.
  const path = `/proc/${host.pidOutside(1)}/root/run/leash/agent.sock`;
  const eager = { 'grpc.initial_reconnect_backoff_ms': 10, 'grpc.max_reconnect_backoff_ms': 50 };
  const next = createAgentClient(`unix:${path}`, credentials.createInsecure(), eager);
  client = next;
  await until('the agent answers', () => next.call('describe', {}, 2000).catch(() => undefined), 60_000);
}

const agent = (): AgentClient => client as AgentClient;
const state = async (name = unit): Promise<string> => (await host.run('systemctl', 'is-active', name)).output.trim();
const held = async (): Promise<readonly leash.v1.IFault[]> => (await agent().call('describe', {})).active ?? [];

async function killAgentAnd(alsoHolder: boolean): Promise<void> {
  const pid = await host.mainPid('leash-agent');
  const holders = holdersOf(pid);
  // Both at one instant, the agent first.
  process.kill(pid, 'SIGKILL');
  if (alsoHolder) for (const holder of holders) process.kill(holder, 'SIGKILL');
}

/** As this machine numbers them; what the agent asks of systemd is no holder. */
function holdersOf(agentPid: number): readonly number[] {
  const reader = createProcessReader();
  return listHolders(parsePid(agentPid))
    .map(({ pid }) => pid as number)
    .filter((pid) => reader.readProcess(parsePid(pid))?.cmdline.some((word) => word.includes('leash-holder')));
}

async function receiptOf({ faultId = '' }: leash.v1.IFault): Promise<leash.v1.IReceipt> {
  return until(
    'the receipt',
    async () => (await agent().call('restore', { faultId: faultId ?? '' })).receipts?.[0],
    60_000,
  );
}

const isRunning = () => until('the service runs again', async () => (await state()) === 'active', 30_000);

beforeAll(async () => {
  if (!isBootable) return;
  fleet = await bootFleet(['services']);
  host = fleet.hosts[0] as BootedHost;
  await host.must('systemd-sysusers');
  await host.write('/etc/systemd/system/leash-agent.service.d/root.conf', dropIn);
  await host.write('/etc/systemd/system/watched.service', watched);
  await host.write('/etc/systemd/system/needed.service', '[Service]\nExecStart=/bin/sleep infinity\n');
  await host.write(
    '/etc/systemd/system/needing.service',
    '[Unit]\nRequires=needed.service\nAfter=needed.service\n[Service]\nExecStart=/bin/sleep infinity\n',
  );
  await host.write('/etc/leash/policy.yaml', policy, 0o600);
  await host.must('systemctl', 'daemon-reload');
  await host.must('systemctl', 'start', unit);
  if (hasControllers) for (const controller of ['freezer', 'pids'] as const) mkdirSync(folderOf(controller));
  await begin();
});
afterAll(async () => {
  client?.close();
  // What is frozen cannot be ended.
  if (existsSync(folderOf('freezer'))) writeFileSync(`${folderOf('freezer')}/freezer.state`, 'THAWED');
  await fleet?.dispose();
});
afterEach(async () => {
  if (!isBootable) return;
  // Also after a test that failed half-way: the next one begins with an agent that holds nothing.
  await begin();
  await until('nothing is held', async () => (await held()).length === 0, 60_000);
});

const rows: readonly {
  readonly wanted: Wanted;
  isInForce(): Promise<boolean>;
  /** Everything that must be as before. */
  reading(): Promise<string>;
}[] = [
  {
    wanted: { kind: 'service.stop', parameters: { unit } },
    isInForce: async () => (await state()) === 'inactive',
    reading: unitState,
  },
  {
    wanted: { kind: 'service.mask', parameters: { unit } },
    isInForce: async () => (await state()) === 'inactive' && (await host.run('systemctl', 'start', unit)).code !== 0,
    reading: unitState,
  },
  ...(hasControllers
    ? [
        {
          wanted: { kind: 'cgroup.freeze', parameters: { cgroup } },
          isInForce: async () => (await ping()) === 'silent',
          reading: async () => {
            enter('freezer', await host.mainPid(unit));
            return ping();
          },
        },
        {
          wanted: { kind: 'cgroup.limit', parameters: { cgroup, pids: 7 } },
          isInForce: async () => pidsMax() === '7\n',
          reading: async () => pidsMax(),
        },
      ]
    : []),
];

async function unitState(): Promise<string> {
  return host.must('systemctl', 'show', '--property=ActiveState,UnitFileState,LoadState', unit);
}

async function ping(): Promise<string> {
  const { output } = await host.run('timeout', '1', 'redis-cli', 'ping');
  return output.includes('PONG') ? 'answers' : 'silent';
}

function pidsMax(): string {
  return readFileSync(`${folderOf('pids')}/pids.max`, 'latin1');
}

/** Done from outside, since the host's systemd knows nothing of it. */
function enter(controller: 'freezer' | 'pids', pid: number): void {
  if (pid !== 0) writeFileSync(`${folderOf(controller)}/cgroup.procs`, String(pid));
}

describe.each(rows)('$wanted.kind on a booted host', ({ wanted, isInForce, reading }) => {
  test('has its effect, is gone at its deadline, and all is as before', async () => {
    const original = await reading();
    const fault = await inject(agent(), { ...wanted, durationMs: 10_000 });
    await until('its effect is seen', isInForce, 9000);
    await until('it is as before', async () => (await reading()) === original, 60_000);
    expect((await receiptOf(fault)).confirmed).toBe(true);
  });

  for (const [who, kill] of [
    ['the agent alone', () => killAgentAnd(false)],
    ['the agent and its holder together', () => killAgentAnd(true)],
    [
      'the holder alone',
      async () => {
        for (const pid of holdersOf(await host.mainPid('leash-agent'))) process.kill(pid, 'SIGKILL');
      },
    ],
  ] as const) {
    test(`is undone after SIGKILL of ${who}`, async () => {
      const original = await reading();
      await inject(agent(), wanted);
      await until('its effect is seen', isInForce, 20_000);
      const killedAtMs = performance.now();
      await kill();
      await until('it is as before', async () => (await reading()) === original, 60_000);
      process.stdout.write(`${wanted.kind}, SIGKILL of ${who}: R ${Math.round(performance.now() - killedAtMs)} ms\n`);
      await begin();
    });
  }

  test('is undone by a restart of the agent, as an upgrade makes it', async () => {
    const original = await reading();
    await inject(agent(), wanted);
    await host.must('systemctl', 'restart', 'leash-agent');
    await until('it is as before', async () => (await reading()) === original, 60_000);
    await begin();
  });
});

describe('a service', () => {
  test('that is restarted is another invocation, and the fault is over when it runs', async () => {
    const before = await host.mainPid(unit);
    const fault = await inject(agent(), { kind: 'service.restart', parameters: { unit } });
    expect(await host.mainPid(unit)).not.toBe(before);
    await until('it is over by itself', async () => (await held()).length === 0, 30_000);
    const receipt = await receiptOf(fault);
    expect([receipt.confirmed, causeWords.fromWire(receipt.cause, 'cause')]).toEqual([true, 'completed']);
    expect(receipt.targets?.[0]?.seen).toContain('runs again, as invocation');
  });

  test('that the policy does not list is refused by name, and so is one that others need', async () => {
    const other = await planFor(agent(), { kind: 'service.stop', parameters: { unit: 'nginx.service' } });
    expect(other.refusals).toContainEqual(
      expect.objectContaining({ reason: 'fault-not-allowed', message: expect.stringContaining('services.allow') }),
    );
    await host.must('systemctl', 'start', 'needing.service');
    const needed = await planFor(agent(), { kind: 'service.stop', parameters: { unit: 'needed.service' } });
    expect(needed.refusals?.map(({ message }) => message).join()).toContain('needing.service would be stopped with');
    await host.must('systemctl', 'stop', 'needing.service', 'needed.service');
  });

  test('that somebody started meanwhile is left alone', async () => {
    const fault = await inject(agent(), { kind: 'service.stop', parameters: { unit } });
    await host.must('systemctl', 'start', unit);
    const pid = await host.mainPid(unit);
    const receipt = await receiptOf(fault);
    expect([receipt.confirmed, await host.mainPid(unit)]).toEqual([true, pid]);
  });

  test('is not held any more after a loss of power, and the record says so', async () => {
    await inject(agent(), { kind: 'service.mask', parameters: { unit } });
    await host.losePower();
    await host.boot();
    await begin();
    expect((await host.run('systemctl', 'start', unit)).code).toBe(0);
    await isRunning();
  });
});

describe('a cgroup', () => {
  const controlled = hasControllers ? test : test.skip;

  controlled(
    'of a unit with a watchdog is frozen only on the caller’s word, and then its supervisor ends it',
    async () => {
      await host.must('systemctl', 'start', 'watched.service');
      enter('freezer', await host.mainPid('watched.service'));
      const wanted = { kind: 'cgroup.freeze', parameters: { cgroup } };
      const plan = await planFor(agent(), wanted);
      expect(plan.refusals).toContainEqual(
        expect.objectContaining({ reason: 'watchdog', message: expect.stringContaining('WatchdogSec=2s') }),
      );
      await inject(agent(), { ...wanted, parameters: { ...wanted.parameters, despiteWatchdog: true } });
      const isEnding = async () => /fail|inactive|deactivating/.test(await state('watched.service'));
      await until('its supervisor ends it', isEnding, 60_000);
      await agent().call('restore', { everything: true });
      await host.run('systemctl', 'stop', 'watched.service');
    },
  );

  controlled('that somebody else has set meanwhile is left alone, and is said to be', async () => {
    const fault = await inject(agent(), { kind: 'cgroup.limit', parameters: { cgroup, pids: 9 } });
    writeFileSync(`${folderOf('pids')}/pids.max`, '33');
    const receipt = await receiptOf(fault);
    const outcomes = receipt.targets?.map(({ outcome }) => outcomeWords.fromWire(outcome, 'outcome'));
    expect([outcomes, pidsMax()]).toEqual([['changed-meanwhile'], '33\n']);
    writeFileSync(`${folderOf('pids')}/pids.max`, 'max');
  });
});

describe('a reboot', () => {
  test('takes consent, is called off by a restore, and is told by the agent of the next boot', async () => {
    const wanted = { kind: 'host.reboot', parameters: { delay: '30s' }, consentIrreversible: true };
    await expect(inject(agent(), { ...wanted, consentIrreversible: false })).rejects.toThrow('needs consent');
    const called = await receiptOf(await inject(agent(), wanted));
    expect(called.targets?.map(({ outcome }) => outcomeWords.fromWire(outcome, 'outcome'))).toEqual(['not-touched']);

    const bootId = await host.read('/proc/sys/kernel/random/boot_id');
    const fault = await inject(agent(), { ...wanted, parameters: { delay: '1s' } });
    await until('the host goes down', () => !host.isOn(), 60_000);
    await host.boot();
    expect(await host.read('/proc/sys/kernel/random/boot_id')).not.toBe(bootId);
    await begin();
    await until('nothing is held', async () => (await held()).length === 0, 60_000);
    const audit = await host.read('/var/lib/leash/audit.jsonl');
    expect(audit).toContain(`"faultId":"${fault.faultId}"`);
    expect(
      audit
        .split('\n')
        .filter((line) => line.includes(`"${fault.faultId}"`))
        .at(-1),
    ).toContain('seen restored');
  });
});
