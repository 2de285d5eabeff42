/**
 * What can happen to a host in the middle of a fault, on hosts that are really booted and have the real package: whatever
 * it is, nothing is left paused, stressed or cut. Each line of the table is tried on three hosts at once.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { commandLineOf } from '../../rig/proc.ts';
import { until } from '../../rig/until.ts';
import { type BootedFleet, bootFleet, isBootable, bootedTest as test } from '../rig/booted-fleet.ts';
import type { BootedHost } from '../rig/booted-host.ts';
import { buildPackage } from '../rig/built-packages.ts';
import { type Held, holdEverything, leftOn } from '../rig/held.ts';

const policy = 'leaseMax: 1m\ndurationMax: 5m\ninjectsPerMinute: 600\nprocessesMax: 16\nfaultsMax: 16\n';
const victim = '[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target\n';
/** Generous: three hosts do it at once, on a machine that does other things too. */
const letGoWithinMs = 170_000;
const renewEveryMs = 5000;

interface Death {
  readonly name: string;
  /** Resolves when it has been done, which may be before it has worked. */
  readonly happens: (host: BootedHost) => Promise<unknown>;
  /** Whether the faults go on, and are then let go of by `leash-agent restore`. */
  readonly isSurvived?: boolean;
}

const deaths: readonly Death[] = [
  {
    name: 'SIGKILL of agent and holders together',
    happens: (host) => host.must('systemctl', 'kill', '--kill-whom=all', '-s', 'KILL', 'leash-agent'),
  },
  {
    name: 'SIGSTOP of the agent, until the watchdog bites',
    happens: async (host) => process.kill(await host.mainPid('leash-agent'), 'SIGSTOP'),
  },
  { name: 'systemctl stop', happens: (host) => host.must('systemctl', 'stop', 'leash-agent') },
  { name: 'systemctl restart', happens: (host) => host.must('systemctl', 'restart', 'leash-agent') },
  { name: 'daemon-reexec', happens: (host) => host.must('systemctl', 'daemon-reexec'), isSurvived: true },
  { name: 'leash-agent halt', happens: (host) => host.must('leash-agent', 'halt') },
  { name: 'a HALT file', happens: (host) => host.must('touch', '/run/leash/HALT') },
  { name: 'loss of power', happens: (host) => host.losePower() },
  { name: 'reboot', happens: (host) => host.reboot() },
];

describe('in the middle of faults', () => {
  let fleet: BootedFleet;
  let packages: string;
  let older: string;
  let newer: string;

  beforeAll(async () => {
    if (!isBootable) return;
    packages = mkdtempSync(join(tmpdir(), 'leash-packages-'));
    older = await buildPackage(packages, 'leash-agent');
    newer = await buildPackage(packages, 'leash-agent', '0.2.0');
    fleet = await bootFleet(['one', 'two', 'three'], { programs: 'none' });
    await each(async (host) => {
      for (const file of [older, newer]) await host.write(`/root/${basename(file)}`, readFileSync(file));
      await host.must('apt-get', 'install', '-y', `/root/${basename(older)}`);
      await host.write('/etc/leash/policy.yaml', policy);
      await host.write('/etc/systemd/system/victim.service', victim);
      await host.must('mkdir', '-p', '/etc/systemd/system/leash-agent.service.d');
      const dropIn = '/usr/lib/leash-agent/drop-ins/network.conf';
      await host.must('ln', '-s', dropIn, '/etc/systemd/system/leash-agent.service.d/');
      await host.must('systemctl', 'daemon-reload');
      await host.must('systemctl', 'enable', '--now', 'victim', 'redis-server');
      await host.must('systemctl', 'restart', 'leash-agent');
    });
  });
  afterAll(async () => {
    await fleet?.dispose();
    if (packages) rmSync(packages, { recursive: true, force: true });
  });

  const each = <Result>(act: (host: BootedHost) => Promise<Result>): Promise<Result[]> =>
    Promise.all(fleet.hosts.map(act));

  interface LetGo {
    /** Milliseconds from before the act until nothing of what the kernel binds was seen any more. */
    readonly kernelMs: number;
    /** The same of what the journal has. */
    readonly journalMs: number;
  }

  async function letGo(host: BootedHost, held: Held, act: () => Promise<unknown>): Promise<LetGo> {
    await held.renew();
    const from = performance.now();
    let kernelMs: number | undefined;
    let journalMs = 0;
    const watching = until(
      `${host.name} has let go`,
      () => {
        if (held.isKernelLetGo()) kernelMs ??= performance.now() - from;
        if (!held.isLetGo()) return false;
        journalMs = performance.now() - from;
        return true;
      },
      letGoWithinMs,
    );
    // For as long as an agent is there to hear it: the end of a lease is never what lets go.
    const renewing = setInterval(() => void held.renew().catch(() => undefined), renewEveryMs);
    try {
      await Promise.all([act(), watching]);
    } finally {
      clearInterval(renewing);
    }
    return { kernelMs: kernelMs ?? journalMs, journalMs };
  }

  function print(what: string, times: readonly LetGo[]): void {
    const each = (key: keyof LetGo): string => times.map((time) => time[key].toFixed(0)).join(', ');
    process.stderr.write(`${what}: kernel-bound ${each('kernelMs')} ms, journal-bound ${each('journalMs')} ms\n`);
  }

  async function comesBack(host: BootedHost): Promise<void> {
    if (!host.isOn()) await host.boot();
    await host.must('rm', '-f', '/run/leash/HALT', '/etc/leash/HALT');
    await host.must('systemctl', 'start', 'leash-agent', 'victim', 'redis-server');
    await until(`the agent of ${host.name} answers`, async () => (await host.run('leash-agent', 'status')).code === 0);
    await host.must('leash-agent', 'rearm');
    expect(await leftOn(host)).toEqual([]);
  }

  test.each(deaths)('$name leaves nothing', { timeout: 300_000 }, async ({ name, happens, isSurvived = false }) => {
    const times = await each(async (host) => {
      const held = await holdEverything(host);
      try {
        if (isSurvived) {
          await happens(host);
          expect(held.isLetGo()).toBe(false);
          return await letGo(host, held, () => host.must('leash-agent', 'restore'));
        }
        return await letGo(host, held, () => happens(host));
      } finally {
        held.close();
      }
    });
    await each(comesBack);
    print(isSurvived ? `${name}: goes on; then restored` : name, times);
  });

  test('an upgrade and a downgrade let go, and the next version answers', { timeout: 300_000 }, async () => {
    for (const [file, version] of [
      [newer, '0.2.0'],
      [older, '0.1.0'],
    ] as const) {
      const times = await each(async (host) => {
        const held = await holdEverything(host);
        const install = ['apt-get', 'install', '-y', '--allow-downgrades', `/root/${basename(file)}`];
        const time = await letGo(host, held, () => host.must(...install));
        held.close();
        expect(await host.must('dpkg', '--status', 'leash-agent')).toContain(`\nVersion: ${version}\n`);
        expect(await host.read('/etc/leash/policy.yaml')).toBe(policy);
        return time;
      });
      await each(comesBack);
      print(`to ${version}`, times);
    }
  });

  test('a purge lets go first, and takes everything with it', { timeout: 300_000 }, async () => {
    const times = await each(async (host) => {
      const held = await holdEverything(host);
      const time = await letGo(host, held, () => host.must('apt-get', 'purge', '-y', 'leash-agent'));
      held.close();
      const gone = ['/etc/leash', '/var/lib/leash', '/run/leash', '/usr/lib/leash-agent', '/usr/bin/leash-agent'];
      for (const path of gone) expect(await host.run('test', '-e', path), path).toMatchObject({ code: 1 });
      expect(await leftOn(host)).toEqual([]);
      expect(host.pidsOutside().filter((pid) => commandLineOf(pid).includes('/usr/lib/leash'))).toEqual([]);
      return time;
    });
    print('apt purge', times);
  });
});
