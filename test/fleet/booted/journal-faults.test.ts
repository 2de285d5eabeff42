/**
 * Faults that the kernel cannot bind, on hosts with a systemd of their own: the effect seen by systemd and by the files of
 * the kernel, gone at the deadline, after SIGKILL of the agent, of the holder and of both, after a stop of the agent as an
 * upgrade makes it, and after a loss of power.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest';
import { causeWords } from '../../../proto/fault.ts';
import { makeTestDirectory } from '../../rig/directory.ts';
import { inject, planFor } from '../../rig/inject.ts';
import { unless } from '../../rig/requirement.ts';
import { until } from '../../rig/until.ts';
import { isBootable, bootedTest as test } from '../rig/booted-fleet.ts';
import type { BootedHost } from '../rig/booted-host.ts';
import { disk, journalFaults } from '../rig/journal-faults.ts';
import {
  type Controller,
  cgroup,
  deathNames,
  hasController,
  type JournalScene,
  outcomesOf,
  startJournalScene,
  unit,
} from '../rig/journal-scene.ts';

const withController = (controller: Controller) =>
  hasController(controller) ? test : unless(false, `the controller ${controller} of version 1 of cgroups`);

const watched = `[Service]
Type=notify
NotifyAccess=all
WatchdogSec=2s
TimeoutStopSec=2s
ExecStart=/bin/sh -c 'systemd-notify --ready; while :; do systemd-notify WATCHDOG=1; sleep 0.5; done'
`;

let scene: JournalScene;
let host: BootedHost;

const agent = () => scene.agent();

beforeAll(async () => {
  if (!isBootable) return;
  scene = await startJournalScene();
  host = scene.host;
  await host.write('/etc/systemd/system/watched.service', watched);
  await host.must('systemctl', 'daemon-reload');
});
afterAll(() => scene?.dispose());
afterEach(async () => {
  if (!isBootable) return;
  // Also after a test that failed half-way: the next one begins with an agent that holds nothing.
  await scene.begin();
  await scene.nothingHeld();
});

/** TimeoutStopSec= of the unit: what it does about something left may come only then. */
const unitStopsWithinMs = 8000;
/** For as long as the test looks: the lease is never what ends it. */
const leaseTtlMs = 60_000;

describe.each(journalFaults)('$name on a booted host', ({ name, wanted, prepare, isInForce, reading }) => {
  const isSeen = () => until('its effect is seen', () => isInForce(scene), 20_000);
  const isBack = (original: string) =>
    until('all is as before, byte for byte', async () => (await reading(scene)) === original, 60_000);
  const original = async (): Promise<string> => {
    await scene.isRunning();
    await prepare?.(scene);
    return reading(scene);
  };

  test('has its effect, is gone at its deadline, and all is as before', async () => {
    const before = await original();
    const fault = await inject(agent(), { ...wanted, durationMs: 10_000, leaseTtlMs: 10_000 });
    await isSeen();
    await isBack(before);
    const receipt = await scene.receiptOf(fault);
    expect([receipt.confirmed, outcomesOf(receipt)]).toEqual([true, ['restored']]);
    expect(causeWords.fromWire(receipt.cause, 'cause')).toBe('completed');
  });

  test.each(deathNames)('is undone after SIGKILL of %s', async (death) => {
    const before = await original();
    await inject(agent(), { ...wanted, leaseTtlMs });
    await isSeen();
    const killedAtMs = performance.now();
    await scene.kill(death);
    await isBack(before);
    const tookMs = performance.now() - killedAtMs;
    process.stdout.write(`${name}, SIGKILL of ${death}: R ${Math.round(tookMs)} ms\n`);
    // Whoever is left undoes it, and does not leave it to the unit.
    if (death !== 'the agent and its holder together') expect(tookMs).toBeLessThan(unitStopsWithinMs);
  });

  test('is undone by a restart of the agent, as an upgrade makes it', async () => {
    const before = await original();
    await inject(agent(), { ...wanted, leaseTtlMs });
    await isSeen();
    await host.must('systemctl', 'restart', 'leash-agent');
    await isBack(before);
  });
});

describe('a unit with a watchdog', () => {
  const freezing = withController('freezer');
  const watchedUnit = 'watched.service';
  const alive = (pid: number): boolean => {
    try {
      return !/^State:\s+[ZX]/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'));
    } catch {
      return false;
    }
  };
  const isEnding = async () => /fail|inactive|deactivating/.test(await scene.stateOf(watchedUnit));

  async function startWatched(): Promise<number> {
    await host.must('systemctl', 'restart', watchedUnit);
    return host.mainPid(watchedUnit);
  }

  test('is paused only on the caller’s word, and then its supervisor ends it, as the plan says', async () => {
    const pid = await startWatched();
    const pause = { kind: 'process.pause', selector: { pid: host.pidInside(pid) } };
    const plan = await planFor(agent(), pause);
    expect(plan.refusals).toContainEqual(
      expect.objectContaining({ reason: 'watchdog', message: expect.stringContaining('WatchdogSec=2s') }),
    );
    await expect(inject(agent(), pause)).rejects.toThrow('WatchdogSec=2s');
    const told = { ...pause, parameters: { despiteWatchdog: true }, leaseTtlMs };
    const { refusals, warnings } = await planFor(agent(), told);
    expect([refusals, warnings]).toEqual([[], [expect.stringContaining('its supervisor ends it')]]);
    await inject(agent(), told);
    await until('its supervisor ends it', async () => !alive(pid) && (await scene.stateOf(watchedUnit)) === 'failed');
    expect(await host.must('systemctl', 'show', '--property=Result', watchedUnit)).toContain('watchdog');
    await scene.nothingHeld();
  });

  freezing('is frozen only on the caller’s word; then it ends when it is thawed, as the plan says', async () => {
    const pid = await startWatched();
    scene.enter('freezer', pid);
    const freeze = { kind: 'cgroup.freeze', parameters: { cgroup } };
    const plan = await planFor(agent(), freeze);
    expect(plan.refusals).toContainEqual(
      expect.objectContaining({ reason: 'watchdog', message: expect.stringContaining('WatchdogSec=2s') }),
    );
    await expect(inject(agent(), freeze)).rejects.toThrow('WatchdogSec=2s');
    const told = { ...freeze, parameters: { cgroup, despiteWatchdog: true }, leaseTtlMs };
    const { refusals, warnings } = await planFor(agent(), told);
    expect([refusals, warnings]).toEqual([
      [],
      [
        expect.stringContaining('cannot even be killed until it is thawed'),
        expect.stringContaining('its supervisor ends it'),
      ],
    ]);
    const fault = await inject(agent(), told);
    await until('its supervisor wants to end it', isEnding, 60_000);
    expect(alive(pid)).toBe(true);
    await scene.receiptOf(fault);
    await until('it ends when it is thawed', () => !alive(pid), 60_000);
  });
});

describe('a limit of a cgroup', () => {
  const started: ChildProcess[] = [];
  const directory = makeTestDirectory();
  afterAll(() => directory.remove());
  afterEach(async () => {
    for (const child of started.splice(0)) {
      child.kill('SIGKILL');
      await until('it is gone', () => child.exitCode !== null || child.signalCode !== null);
    }
  });

  /** On this machine, and in the cgroup that the host sets limits of. */
  function startIn(controller: Controller, ...words: readonly string[]) {
    const script = 'echo $$ >"$0/cgroup.procs" && exec "$@"';
    const child = spawn('sh', ['-c', script, scene.folderOf(controller), ...words], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    started.push(child);
    let output = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('latin1').on('data', (chunk: string) => {
        output += chunk;
      });
    }
    const ended = new Promise<number>((resolve) => child.once('close', (code) => resolve(code ?? -1)));
    return { pid: child.pid ?? 0, ended, output: () => output };
  }

  const hold = (parameters: object) =>
    inject(agent(), { kind: 'cgroup.limit', parameters: { cgroup, ...parameters }, leaseTtlMs });

  withController('pids')('of tasks lets no more be started', async () => {
    const forks = ['sh', '-c', 'for _ in 1 2 3 4 5 6; do sleep 0.1 & done; wait'] as const;
    expect(await startIn('pids', ...forks).ended).toBe(0);
    const fault = await hold({ pids: 4 });
    const stopped = startIn('pids', ...forks);
    expect(await stopped.ended).not.toBe(0);
    expect(stopped.output()).toMatch(/fork/);
    await scene.receiptOf(fault);
    expect(await startIn('pids', ...forks).ended).toBe(0);
  });

  withController('memory')('of memory lets no more be used', async () => {
    const uses = ['sh', '-c', 'head -c 100000000 /dev/zero | tail -c 100000000 | wc -c'] as const;
    const fault = await hold({ memory: '32MiB' });
    const ended = startIn('memory', ...uses);
    await ended.ended;
    expect(ended.output().trim()).not.toBe('100000000');
    expect(Number(scene.textOf('memory', 'memory.failcnt'))).toBeGreaterThan(0);
    expect(Number(scene.textOf('memory', 'memory.max_usage_in_bytes'))).toBeLessThanOrEqual(32 * 2 ** 20);
    await scene.receiptOf(fault);
    const again = startIn('memory', ...uses);
    await again.ended;
    expect(again.output().trim()).toBe('100000000');
  });

  withController('cpu')('of CPU time gives as much, and no more', async () => {
    const { pid } = startIn('cpu', 'sh', '-c', 'while :; do :; done');
    const ticks = (): number => {
      const text = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? [];
      return Number(text[11]) + Number(text[12]);
    };
    const share = async (): Promise<number> => {
      const [fromTicks, fromMs] = [ticks(), performance.now()];
      await until('the time of a look', () => performance.now() - fromMs > 3000);
      return ((ticks() - fromTicks) * 10) / (performance.now() - fromMs);
    };
    await until('it is busy', async () => (await share()) > 0.4, 60_000);
    const fault = await hold({ cpu: '20%' });
    expect(await share()).toBeLessThan(0.25);
    await scene.receiptOf(fault);
    await until('it is as busy as before', async () => (await share()) > 0.4, 60_000);
  });

  const reading = disk === undefined ? unless(false, 'a disk whose reads can be limited') : withController('blkio');
  reading('of the disk lets no more be read in a second', async () => {
    const path = join(directory.path, 'to-be-read');
    writeFileSync(path, Buffer.alloc(4 * 2 ** 20, 'x'), { flush: true });
    /** The page cache has no part in it. */
    const readMs = async (): Promise<number> => {
      const fromMs = performance.now();
      const reading = startIn('blkio', 'dd', `if=${path}`, 'of=/dev/null', 'bs=64k', 'count=64', 'iflag=direct');
      expect(await reading.ended, reading.output()).toBe(0);
      return performance.now() - fromMs;
    };
    const fault = await hold({ io: '1MiB', device: disk ?? '' });
    // Four MiB, of which the first may come at once.
    expect(await readMs()).toBeGreaterThan(2500);
    await scene.receiptOf(fault);
    await until('it is fast again', async () => (await readMs()) < 2000, 60_000);
  });

  withController('pids')('that somebody else has set meanwhile is left alone, and is said to be', async () => {
    const fault = await hold({ pids: 9 });
    scene.setValue('pids', 'pids.max', '33');
    const receipt = await scene.receiptOf(fault);
    expect([outcomesOf(receipt), scene.textOf('pids', 'pids.max')]).toEqual([['changed-meanwhile'], '33\n']);
    scene.setValue('pids', 'pids.max', 'max');
  });
});

describe('everything at once', () => {
  test('is not held any more after a loss of power, and the next agent says so', async () => {
    await scene.isRunning();
    // Cgroups are of the kernel of this machine, which has not lost its power.
    const lost = journalFaults.filter(({ name }) =>
      ['process.renice', 'process.affinity', 'service.mask'].includes(name),
    );
    for (const { wanted } of lost) await inject(agent(), { ...wanted, leaseTtlMs });
    await host.losePower();
    await host.boot();
    await scene.begin();
    await scene.nothingHeld();
    expect((await host.run('systemctl', 'start', unit)).code).toBe(0);
    await scene.isRunning();
    for (const { name, isInForce } of lost) expect([name, await isInForce(scene)]).toEqual([name, false]);
  });
});

describe('a reboot', () => {
  test('takes consent, is called off by a restore, and is told by the agent of the next boot', async () => {
    const wanted = { kind: 'host.reboot', parameters: { delay: '30s' }, consentIrreversible: true };
    await expect(inject(agent(), { ...wanted, consentIrreversible: false })).rejects.toThrow('needs consent');
    const called = await scene.receiptOf(await inject(agent(), wanted));
    expect(outcomesOf(called)).toEqual(['not-touched']);

    const bootId = await host.read('/proc/sys/kernel/random/boot_id');
    const fault = await inject(agent(), { ...wanted, parameters: { delay: '1s' } });
    await until('the host goes down', () => !host.isOn(), 60_000);
    await host.boot();
    expect(await host.read('/proc/sys/kernel/random/boot_id')).not.toBe(bootId);
    await scene.begin();
    await until('nothing is held', async () => (await scene.held()).length === 0, 60_000);
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
