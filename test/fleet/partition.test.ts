/** Three hosts and a coordinator in network namespaces, with real wires between them that can be cut. */
import { spawn } from 'node:child_process';
import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest';
import { leash } from '../../proto/codec.ts';
import { coordinatorService } from '../../proto/services.ts';
import { createCoordinatorCaller, nowNs, type PartitionScene, startPartitionScene } from '../rig/partition-scene.ts';
import { distFolder } from '../rig/project.ts';
import { findProgram, unless } from '../rig/requirement.ts';
import { until } from '../rig/until.ts';

const isTested = process.getuid?.() === 0 && findProgram('nft') !== undefined && findProgram('ip') !== undefined;
const test = unless(isTested, 'root, nft (package nftables) and ip (package iproute2)');
/** Long enough for a busy machine to start three holders in, three times as long as a renewal takes to be due. */
const leaseMs = 6000;
/** Half a second is what the benchmark measures on a machine of its own. */
const lateMaxMs = 3000;

describe('hosts whose coordinator is cut off', () => {
  let scene: PartitionScene;
  beforeAll(async () => {
    if (isTested) scene = await startPartitionScene(leaseMs);
  }, 120_000);
  afterEach(async () => {
    scene?.center.mend();
    scene?.center.setLink('up');
    await scene?.settled();
  }, 90_000);
  afterAll(() => scene?.dispose(), 60_000);

  test.each([
    ['both ways', 'both'],
    ['so that nothing of it arrives', 'out'],
  ] as const)('%s let go by the end of the lease, all three', { timeout: 90_000 }, async (_name, direction) => {
    await scene.hold();
    const from = nowNs();
    scene.center.cut(direction);
    const afterMs = await scene.runAgainAfterMs(from, leaseMs + 30_000);
    for (const ms of afterMs) expect(ms).toBeLessThan(leaseMs + lateMaxMs);
  });

  test('so that it hears nothing are let go: what is not answered is renewed no more', {
    timeout: 90_000,
  }, async () => {
    await scene.hold();
    const from = nowNs();
    scene.center.cut('in');
    expect(await scene.runAgainAfterMs(from, leaseMs + 40_000)).toHaveLength(3);
  });

  test('for less than a lease go on, and the run with them', { timeout: 90_000 }, async () => {
    const runId = await scene.hold();
    scene.center.cut('both');
    const stamps = scene.victims.map((victim) => victim.stamps().join());
    scene.center.mend();
    const renewed = async (): Promise<boolean> => {
      const described = await Promise.all(scene.fleet.hosts.map(({ agent }) => agent.client.call('describe', {})));
      return described.every(({ active }) => (active?.[0]?.leaseRemainingMs ?? 0) > 0 && active?.length === 1);
    };
    const untilMs = performance.now() + leaseMs + 1000;
    await until(
      'a lease has passed, renewed',
      async () => (await renewed()) && performance.now() > untilMs,
      leaseMs + 30_000,
    );
    expect(scene.victims.map((victim) => victim.stamps().join())).toEqual(stamps);
    await scene.call(coordinatorService.abort, new leash.v1.AbortRequest({ runId, reason: 'test' }));
  });

  test('are halted one by one from a host that still reaches them, and stay halted', { timeout: 90_000 }, async () => {
    await scene.hold();
    await scene.fleet.leash('hosts');
    scene.center.cut('both');
    for (const { agent } of scene.fleet.hosts) {
      const { halt } = await agent.client.call('halt', { requestId: 'direct-1', reason: 'test' });
      expect(halt?.halted).toBe(true);
    }
    await until('all run', () => scene.victims.every((victim) => victim.states().every((state) => state !== 't')));
    scene.center.mend();
    await scene.settled();
    await expect(scene.hold()).rejects.toThrow(/halted|refused/i);
    for (const { agent } of scene.fleet.hosts) {
      const { halt } = await agent.client.call('describe', {});
      await agent.client.call('rearm', { expectedEpoch: halt?.epoch ?? 0, reason: 'test' });
    }
  });

  test('refuse a coordinator that comes back with an old state, until it has planned anew', {
    timeout: 120_000,
  }, async () => {
    const state = join(scene.fleet.directory.path, 'coordinator');
    const old = join(scene.fleet.directory.path, 'coordinator-old');
    const stop = async (): Promise<void> => {
      scene.fleet.coordinator().kill('SIGKILL');
      await until('the coordinator is gone', () => scene.fleet.coordinator().signalCode === 'SIGKILL');
    };
    await stop();
    cpSync(state, old, { recursive: true });
    await scene.fleet.startCoordinator();
    const { document } = await scene.fleet.json('halt', '--reason', 'later than the copy');
    const epochs = document.hosts.map((host: { epoch: number }) => host.epoch);
    await stop();
    rmSync(state, { recursive: true });
    cpSync(old, state, { recursive: true });
    await scene.fleet.startCoordinator();
    // It believes that nobody halted; the hosts know better.
    await expect(scene.hold()).rejects.toThrow(/halted|refused/i);
    for (const [index, { agent }] of scene.fleet.hosts.entries()) {
      const { halt, active } = await agent.client.call('describe', {});
      expect(halt).toMatchObject({ halted: true, epoch: epochs[index] });
      expect(active).toHaveLength(0);
    }
    expect((await scene.fleet.leash('rearm', '--reason', 'test')).code).toBe(0);
    const runId = await scene.hold();
    await scene.call(coordinatorService.abort, new leash.v1.AbortRequest({ runId, reason: 'test' }));
  });

  test('are all reached again after a link that flapped more often than an address has places', {
    timeout: 120_000,
  }, async () => {
    const runId = await scene.hold();
    for (let times = 0; times < 20; times += 1) {
      scene.center.setLink('down');
      await wait(100);
      scene.center.setLink('up');
      await wait(100);
    }
    await scene.call(coordinatorService.abort, new leash.v1.AbortRequest({ runId, reason: 'test' }));
    await scene.settled();
    await until('all run', () => scene.victims.every((victim) => victim.states().every((state) => state !== 't')));
  });

  test('of two coordinators at once: what one holds the other cannot take, and the halt of either counts', {
    timeout: 120_000,
  }, async () => {
    const directory = scene.fleet.directory;
    const runDirectory = directory.sub('second-run');
    const inventory = join(directory.path, 'inventory.yaml');
    const paths = ['--state-dir', directory.sub('second-state'), '--run-dir', runDirectory];
    const tls = await scene.fleet.issue('coordinator', 'second');
    const serve = [join(distFolder, 'leash.js'), 'serve', '--inventory', inventory, '--tls', tls, ...paths];
    const [program = '', ...args] = [...scene.center.command, process.execPath, ...serve];
    const second = spawn(program, args, { stdio: 'ignore' });
    const { call, close } = createCoordinatorCaller(runDirectory);
    try {
      await until(
        'the second one knows its hosts',
        async () => {
          const known = await call(coordinatorService.listHosts, new leash.v1.ListHostsRequest()).catch(
            () => undefined,
          );
          return known?.hosts?.every(({ status }) => status === leash.v1.HostStatus.HOST_STATUS_CONNECTED);
        },
        30_000,
      );
      await scene.hold();
      const submitted = await call(coordinatorService.submit, new leash.v1.SubmitRequest({ file: scene.file }));
      const start = new leash.v1.StartRequest({ runId: submitted.runId ?? '' });
      await expect(call(coordinatorService.start, start)).rejects.toThrow(/held|already/);
      expect(scene.victims.every((victim) => victim.states().every((state) => state === 't'))).toBe(true);
      await call(
        coordinatorService.haltFleet,
        new leash.v1.HaltFleetRequest({ requestId: 'second-1', reason: 'test' }),
      );
      await until('all run', () => scene.victims.every((victim) => victim.states().every((state) => state !== 't')));
      await scene.settled();
      await expect(scene.hold()).rejects.toThrow(/halted|refused/i);
      expect((await scene.fleet.leash('rearm', '--reason', 'test')).code).toBe(0);
    } finally {
      close();
      const ended = new Promise((resolve) => second.once('exit', resolve));
      second.kill('SIGKILL');
      await ended;
    }
  });
});
