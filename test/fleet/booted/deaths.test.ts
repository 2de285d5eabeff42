/**
 * What can happen to a host in the middle of a fault, on hosts that are really booted, have the real package and are of a
 * fleet: whatever it is, nothing is left paused, stressed or cut. Each line of the table is tried on three hosts at once,
 * and more often where LEASH_DEATHS_ROUNDS says so.
 */
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { commandLineOf, threadStates } from '../../rig/proc.ts';
import { until } from '../../rig/until.ts';
import { isBootable, bootedTest as test } from '../rig/booted-fleet.ts';
import type { BootedHost } from '../rig/booted-host.ts';
import { buildPackage } from '../rig/built-packages.ts';
import { createDeathRecord, type LetGo } from '../rig/death-record.ts';
import { type Held, holdEverything, leftOn } from '../rig/held.ts';
import { bootJoinedFleet, type JoinedFleet } from '../rig/joined-fleet.ts';
import { buildOlderPackage, olderCommit } from '../rig/older-package.ts';

const policy = 'leaseMax: 1m\ndurationMax: 5m\ninjectsPerMinute: 600\nprocessesMax: 16\nfaultsMax: 16\n';
const victim = '[Service]\nExecStart=/bin/sleep infinity\n[Install]\nWantedBy=multi-user.target\n';
const experiment = `apiVersion: leash/v1
kind: Experiment
metadata: { name: redis-pause, owner: test@example.com }
hypothesis: nothing of it is left
stage: development
blastRadius: { hosts: 3, processesPerHost: 1 }
targets:
  hosts: { labels: { app: shop }, mode: all }
  processes: { name: redis-server, mode: one }
method:
  - { fault: process.pause, for: FOR }
`;
const names = ['one', 'two', 'three'];
/** As it is, the same again under another version, and as it was when it had packages for the first time. */
const [version, later, earlier] = ['0.1.0', '0.2.0', '0.0.9'];
const rounds = Number(process.env.LEASH_DEATHS_ROUNDS ?? 1);
const documentPath = process.env.LEASH_DEATHS_DOCUMENT;
/** Generous: three hosts do it at once, on a machine that does other things too. */
const letGoWithinMs = 170_000;
const comesBackWithinMs = 120_000;
const renewEveryMs = 5000;
/** Of one round on three hosts. */
const timeout = rounds * 300_000;

interface Death {
  /** Its name in the document. */
  readonly key: string;
  readonly name: string;
  /** Resolves when it has been done, which may be before it has worked. */
  readonly happens: (host: BootedHost) => Promise<unknown>;
  /** Whether the faults go on, and are then let go of by `leash-agent restore`. */
  readonly isSurvived?: boolean;
}

const deaths: readonly Death[] = [
  {
    key: 'bothKilled',
    name: 'SIGKILL of agent and holders together',
    happens: (host) => host.must('systemctl', 'kill', '--kill-whom=all', '-s', 'KILL', 'leash-agent'),
  },
  {
    key: 'agentHung',
    name: 'SIGSTOP of the agent, until the watchdog bites',
    happens: async (host) => process.kill(await host.mainPid('leash-agent'), 'SIGSTOP'),
  },
  { key: 'stopped', name: 'systemctl stop', happens: (host) => host.must('systemctl', 'stop', 'leash-agent') },
  { key: 'restarted', name: 'systemctl restart', happens: (host) => host.must('systemctl', 'restart', 'leash-agent') },
  {
    key: 'reexecuted',
    name: 'daemon-reexec: goes on; then leash-agent restore',
    happens: (host) => host.must('systemctl', 'daemon-reexec'),
    isSurvived: true,
  },
  { key: 'halted', name: 'leash-agent halt', happens: (host) => host.must('leash-agent', 'halt') },
  { key: 'haltFile', name: 'a HALT file', happens: (host) => host.must('touch', '/run/leash/HALT') },
  { key: 'powerLost', name: 'loss of power', happens: (host) => host.losePower() },
  { key: 'rebooted', name: 'reboot', happens: (host) => host.reboot() },
];

describe('three hosts of a fleet', () => {
  let fleet: JoinedFleet;
  const record = createDeathRecord(names.length);
  let isWhole = true;

  beforeAll(async () => {
    if (!isBootable) return;
    fleet = await bootJoinedFleet(names, {
      agentPackages: async (directory) => [
        await buildPackage(directory, 'leash-agent', version),
        await buildPackage(directory, 'leash-agent', later),
        buildOlderPackage(directory, earlier),
      ],
      policy,
      dropIns: ['network'],
    });
    record.note('installedMs', fleet.installedMs);
    record.note('joinedMs', fleet.joinedMs);
    await fleet.each(async (host) => {
      await host.write('/etc/systemd/system/victim.service', victim);
      await host.must('systemctl', 'daemon-reload');
      await host.must('systemctl', 'enable', '--now', 'victim', 'redis-server');
    });
  });
  afterAll(async () => {
    if (fleet) {
      process.stderr.write(`\n${record.table()}\n`);
      if (documentPath && isWhole) record.save(documentPath);
    }
    await fleet?.dispose();
  });

  /** What did not pass has no figures. */
  async function whole<Result>(act: () => Promise<Result>): Promise<Result> {
    const was = isWhole;
    isWhole = false;
    const result = await act();
    isWhole = was;
    return result;
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

  /** Holds everything, and does something to the host in the middle of it. */
  async function inTheMiddle(host: BootedHost, act: () => Promise<unknown>, before?: () => Promise<unknown>) {
    const held = await holdEverything(host);
    try {
      if (before) {
        await before();
        expect(held.isLetGo()).toBe(false);
      }
      return await letGo(host, held, act);
    } finally {
      held.close();
    }
  }

  async function comesBack(host: BootedHost): Promise<void> {
    if (!host.isOn()) await host.boot();
    await host.must('rm', '-f', '/run/leash/HALT', '/etc/leash/HALT');
    await host.must('systemctl', 'start', 'leash-agent', 'victim', 'redis-server');
    const answers = async (command: string): Promise<boolean> => (await host.run('leash-agent', command)).code === 0;
    await until(`the agent of ${host.name} answers`, () => answers('status'), comesBackWithinMs);
    // A busy machine may let the deadline of one call pass.
    await until(`the agent of ${host.name} is armed`, () => answers('rearm'), comesBackWithinMs);
    expect(await leftOn(host)).toEqual([]);
  }

  async function paused(host: BootedHost): Promise<boolean> {
    const states = threadStates(await host.mainPid('redis-server'));
    return states.length > 0 && states.every((state) => state === 't');
  }

  const allPaused = async (): Promise<boolean> => (await fleet.each(paused)).every(Boolean);
  const nonePaused = async (): Promise<boolean> => !(await fleet.each(paused)).some(Boolean);
  const write = (forMs: string): Promise<void> =>
    fleet.control.write('/run/redis-pause.yaml', experiment.replace('FOR', forMs));

  test('an experiment runs across the three, and its end lets go of them', { timeout }, () =>
    whole(async () => {
      await write('5s');
      const [ran] = await Promise.all([
        fleet.control.must('leash', 'run', '/run/redis-pause.yaml', '--wait'),
        until('all three are paused', allPaused, comesBackWithinMs),
      ]);
      for (const name of names) expect(ran).toContain(name);
      expect(await nonePaused()).toBe(true);
      await fleet.each(async (host) => expect(await leftOn(host)).toEqual([]));
    }),
  );

  test('halt in the middle of an experiment lets go of all three, and says so', { timeout }, () =>
    whole(async () => {
      await write('4m');
      await fleet.control.must('leash', 'run', '/run/redis-pause.yaml');
      await until('all three are paused', allPaused, comesBackWithinMs);
      const from = performance.now();
      const [said] = await Promise.all([
        fleet.control.must('leash', 'halt', '--reason', 'the switch is tried'),
        until('none is paused', nonePaused, letGoWithinMs).then(() =>
          record.note('fleetHaltedMs', performance.now() - from),
        ),
      ]);
      for (const name of names) expect(said).toContain(name);
      await fleet.each(async (host) => {
        expect(await host.must('leash-agent', 'status')).toMatch(/HALTED[\s\S]*nothing is held/);
        expect(await leftOn(host)).toEqual([]);
      });
      await fleet.control.must('leash', 'rearm', '--reason', 'it works');
      await fleet.each(async (host) => expect(await host.must('leash-agent', 'status')).toContain('armed'));
    }),
  );

  test.each(deaths)('$name leaves nothing', { timeout }, ({ key, name, happens, isSurvived = false }) =>
    whole(async () => {
      for (let round = 0; round < rounds; round += 1) {
        const times = await fleet.each((host) =>
          isSurvived
            ? inTheMiddle(
                host,
                () => host.must('leash-agent', 'restore'),
                () => happens(host),
              )
            : inTheMiddle(host, () => happens(host)),
        );
        await fleet.each(comesBack);
        record.add(key, name, times);
      }
    }),
  );

  test('an upgrade and a downgrade let go, and the next version answers', { timeout: 4 * timeout }, () =>
    whole(async () => {
      const [asItIs = '', asLater = '', asEarlier = ''] = fleet.agentPackages;
      const changes = [
        { key: 'upgraded', name: 'upgrade by apt', file: asLater, to: later },
        { key: 'downgraded', name: 'downgrade by apt', file: asItIs, to: version },
        { key: 'downgradedFar', name: `downgrade by apt to commit ${olderCommit}`, file: asEarlier, to: earlier },
        { key: 'upgradedFar', name: `upgrade by apt from commit ${olderCommit}`, file: asItIs, to: version },
      ];
      for (let round = 0; round < rounds; round += 1) {
        for (const { key, name, file, to } of changes) {
          const install = ['apt-get', 'install', '-y', '--allow-downgrades', file];
          const times = await fleet.each((host) => inTheMiddle(host, () => host.must(...install)));
          await fleet.each(async (host) => {
            expect(await host.must('dpkg', '--status', 'leash-agent')).toContain(`\nVersion: ${to}\n`);
            expect(await host.read('/etc/leash/policy.yaml')).toBe(policy);
            await comesBack(host);
          });
          record.add(key, name, times);
        }
      }
    }),
  );

  test('after all of it they are connected, and another experiment runs across them', { timeout }, () =>
    whole(async () => {
      await fleet.areConnected();
      await write('1s');
      await fleet.control.must('leash', 'run', '/run/redis-pause.yaml', '--wait');
      expect(await nonePaused()).toBe(true);
    }),
  );

  test('a purge lets go first, and takes everything with it', { timeout }, () =>
    whole(async () => {
      const gone = ['/etc/leash', '/var/lib/leash', '/run/leash', '/usr/lib/leash-agent', '/usr/bin/leash-agent'];
      for (let round = 0; round < rounds; round += 1) {
        if (round > 0) await fleet.each(installAgain);
        const times = await fleet.each((host) =>
          inTheMiddle(host, () => host.must('apt-get', 'purge', '-y', 'leash-agent')),
        );
        await fleet.each(async (host) => {
          for (const path of gone) expect(await host.run('test', '-e', path), path).toMatchObject({ code: 1 });
          expect(await leftOn(host)).toEqual([]);
          expect(host.pidsOutside().filter((pid) => commandLineOf(pid).includes('/usr/lib/leash'))).toEqual([]);
        });
        record.add('purged', 'apt purge', times);
      }
    }),
  );

  async function installAgain(host: BootedHost): Promise<void> {
    await host.must('apt-get', 'install', '-y', fleet.agentPackages[0] ?? '');
    await host.write('/etc/leash/policy.yaml', policy);
    await host.must('mkdir', '-p', '/etc/systemd/system/leash-agent.service.d');
    const dropIn = '/usr/lib/leash-agent/drop-ins/network.conf';
    await host.must('ln', '-s', dropIn, '/etc/systemd/system/leash-agent.service.d/');
    await host.must('systemctl', 'daemon-reload');
    await host.must('systemctl', 'restart', 'leash-agent');
    await comesBack(host);
  }
});
