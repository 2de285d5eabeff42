/**
 * What is wrong with a host when its agent starts: one clear line in the journal, the same in `systemctl status`, nothing
 * injected. Each comes over a host in the middle of a fault that only the journal can undo, and it is undone all the same.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect } from 'vitest';
import { createAuthority, issueCertificate } from '../../../coordinator/ca/certificate-authority.ts';
import { inject } from '../../rig/inject.ts';
import { until } from '../../rig/until.ts';
import { type BootedFleet, bootFleet, isBootable, bootedTest as test } from '../rig/booted-fleet.ts';
import type { BootedHost } from '../rig/booted-host.ts';
import { leftOn, localClient, stopped } from '../rig/held.ts';

const yearMs = 365 * 86_400_000;
const state = '/var/lib/leash';
const policyPath = '/etc/leash/policy.yaml';
const agentDropIns = '/etc/systemd/system/leash-agent.service.d';
const unexpected = /^\s+at .*:\d+:\d+/m;

interface Mistake {
  readonly name: string;
  /** Done before the agent starts, so that its journal is where the mistake will be. */
  readonly prepare?: () => Promise<unknown>;
  readonly make: () => Promise<unknown>;
  readonly says: RegExp;
  readonly mend: () => Promise<unknown>;
  /** Whether the agent starts, and refuses. */
  readonly isServing?: boolean;
}

describe('an agent', () => {
  let fleet: BootedFleet;
  const host = (): BootedHost => fleet.hosts[0] as BootedHost;
  const must = (...words: readonly string[]): Promise<string> => host().must(...words);

  beforeAll(async () => {
    if (!isBootable) return;
    fleet = await bootFleet(['one'], { debianPackages: ['libfaketime'] });
    await must('systemd-sysusers');
    await host().write('/etc/systemd/system/victim.service', '[Service]\nExecStart=/bin/sleep infinity\n');
    await must('systemctl', 'daemon-reload');
    await must('systemctl', 'start', 'leash-agent', 'victim');
    for (const at of [Date.now(), Date.now() - yearMs, Date.now() + yearMs]) await issue(at);
  });
  afterAll(() => fleet?.dispose());
  beforeEach(async () => {
    if (fleet) await must('systemctl', 'stop', 'leash-agent');
  });
  afterEach(async () => {
    if (!fleet) return;
    await must('systemctl', 'reset-failed');
    await must('systemctl', 'restart', 'leash-agent');
    await isArmed();
    expect(await leftOn(host())).toEqual([]);
  });

  /** A state directory that is empty, or another one than the last, is a lost one: the host is halted until then. */
  const isArmed = (): Promise<unknown> =>
    until('the agent is armed', async () => (await host().run('leash-agent', 'rearm')).code === 0, 60_000);

  /** Files for --tls, as they would have been issued at that time. */
  async function issue(nowUnixMs: number): Promise<void> {
    const authority = fleet.directory.sub(`ca-${nowUnixMs}`);
    await createAuthority({ directory: authority, trustDomain: 'fleet.test', nowUnixMs });
    issued.push(join(fleet.directory.path, `tls-${nowUnixMs}`));
    await issueCertificate(authority, { role: 'agent', name: 'one', outDirectory: issued.at(-1) ?? '', nowUnixMs });
  }
  const issued: string[] = [];
  type Issued = 'now' | 'a year ago' | 'in a year';

  async function certificateOf(when: Issued): Promise<void> {
    const folder = issued[{ now: 0, 'a year ago': 1, 'in a year': 2 }[when]] ?? '';
    for (const file of ['ca.crt', 'one.crt', 'one.key']) {
      await host().write(`/etc/leash/tls/${file}`, readFileSync(join(folder, file)), 0o600);
    }
    await must('chown', '-R', 'leash:', '/etc/leash/tls');
    await host().write('/etc/leash/agent.env', 'LEASH_LISTEN=127.0.0.1:7443\nLEASH_TLS=/etc/leash/tls\n');
  }
  const withoutCertificate = (): Promise<string> => must('rm', '-rf', '/etc/leash/tls', '/etc/leash/agent.env');
  const withoutPolicy = (): Promise<string> => must('rm', '-f', policyPath);

  /** Of the unit alone, its restores included: hosts share the clock of the machine. */
  async function clockOff(by: string): Promise<void> {
    const library = (await must('sh', '-c', 'ls /usr/lib/*/faketime/libfaketime.so.1')).trim();
    const environment = [
      `LD_PRELOAD=${library}`,
      `FAKETIME=${by}`,
      'DONT_FAKE_MONOTONIC=1',
      'FAKETIME_DONT_FAKE_MONOTONIC=1',
    ];
    await host().write(
      `${agentDropIns}/clock.conf`,
      `[Service]\nEnvironment=${environment.map((one) => `"${one}"`).join(' ')}\n`,
    );
    await must('systemctl', 'daemon-reload');
  }
  async function clockRight(): Promise<void> {
    await must('rm', '-f', `${agentDropIns}/clock.conf`);
    await must('systemctl', 'daemon-reload');
    await withoutCertificate();
  }

  async function mountState(options: string): Promise<void> {
    const [uid, gid] = [(await must('id', '-u', 'leash')).trim(), (await must('id', '-g', 'leash')).trim()];
    await must('mount', '-t', 'tmpfs', '-o', `${options},mode=0700,uid=${uid},gid=${gid}`, 'tmpfs', state);
  }
  const unmountState = (): Promise<string> => must('umount', state);
  /** As the user of the service: root may use what is kept back for it. */
  const fillState = (): Promise<unknown> =>
    host().run('runuser', '-u', 'leash', '--', 'sh', '-c', `cat /dev/zero >${state}/filler`);

  const mistakes: readonly Mistake[] = [
    {
      name: 'over a policy that others may write',
      make: () => host().write(policyPath, 'stage: development\n', 0o664),
      says: /policy must be owned by root and not writable by others/,
      mend: withoutPolicy,
    },
    {
      name: 'over a policy that it may not read',
      make: () => host().write(policyPath, 'stage: development\n', 0o600),
      says: /policy\.yaml: cannot be opened: uid \d+ may not read it; run: chmod 0644/,
      mend: withoutPolicy,
    },
    {
      name: 'over a policy that is not right',
      make: () => host().write(policyPath, 'stage: nowhere\n'),
      says: /policy\.yaml:1:8: stage: must be one of/,
      mend: withoutPolicy,
    },
    {
      name: 'when its certificate has expired',
      make: () => certificateOf('a year ago'),
      says: /one\.crt: expired at .*; issue a new one/,
      mend: withoutCertificate,
    },
    {
      name: 'when its certificate is of next year',
      make: () => certificateOf('in a year'),
      says: /one\.crt: is not valid before .*; set the clock/,
      mend: withoutCertificate,
    },
    {
      name: 'when its clock is a year fast',
      prepare: () => certificateOf('now'),
      make: () => clockOff('+365d'),
      says: /one\.crt: expired at .*set the clock if it is wrong/,
      mend: clockRight,
    },
    {
      name: 'when its clock is a year slow',
      prepare: () => certificateOf('now'),
      make: () => clockOff('-365d'),
      says: /one\.crt: is not valid before .*; set the clock/,
      mend: clockRight,
    },
    {
      name: 'when the disk of its state has become full',
      prepare: () => mountState('size=1m'),
      make: fillState,
      says: /the disk of \/var\/lib\/leash is full/,
      isServing: true,
      mend: unmountState,
    },
    {
      name: 'when the disk of its state has become read-only',
      prepare: () => mountState('size=1m'),
      make: () => must('mount', '-o', 'remount,bind,ro', state),
      says: /[Rr]ead-only|EROFS/,
      mend: unmountState,
    },
  ];

  async function saysSo({ says, isServing = false }: Mistake): Promise<void> {
    const status = async (): Promise<boolean> =>
      says.test(await must('systemctl', 'show', '--property=StatusText', 'leash-agent'));
    await until(`systemctl status says ${says}`, status, 60_000);
    const logged = await must('journalctl', '--no-pager', '--output=cat', '--unit=leash-agent', '--lines=30');
    expect(logged.split('\n').filter((line) => says.test(line)).length).toBeGreaterThan(0);
    expect(logged).not.toMatch(unexpected);
    if (!isServing) expect((await host().run('leash-agent', 'status')).code).toBe(6);
  }

  test.each(mistakes)(
    'that is killed in the middle of a fault lets go, and says what is wrong $name',
    async (mistake) => {
      const { prepare, make, mend, isServing = false } = mistake;
      await prepare?.();
      try {
        await must('systemctl', 'start', 'leash-agent');
        await isArmed();
        const victim = await host().mainPid('victim');
        const client = localClient(host());
        await inject(client, {
          kind: 'process.pause',
          parameters: { visible: true },
          selector: { name: 'sleep' },
          leaseTtlMs: 10_000,
        });
        client.close();
        await until('the victim is stopped', () => stopped(victim).length > 0);
        await make();
        await must('systemctl', 'kill', '--kill-whom=all', '-s', 'KILL', 'leash-agent');
        await until('the victim runs', () => stopped(victim).length === 0, 60_000);
        await saysSo(mistake);
        if (isServing) {
          const next = localClient(host());
          // The last block of the audit may have room for a record or two.
          const isRefused = async (): Promise<boolean> => {
            const refusal = await inject(next, { kind: 'process.pause', selector: { name: 'sleep' } }).then(
              () => undefined,
              (error: Error) => error.message,
            );
            if (refusal !== undefined) expect(refusal).toMatch(/ENOSPC|no space/i);
            await next.call('restore', { everything: true });
            return refusal !== undefined;
          };
          await until('an inject is refused', isRefused, 60_000);
          expect(stopped(victim)).toEqual([]);
          next.close();
        }
        await must('systemctl', 'stop', 'leash-agent');
        expect(await host().run('leash-agent', 'restore')).toMatchObject({ code: 0 });
        expect(await leftOn(host())).toEqual([]);
      } finally {
        await host().run('systemctl', 'stop', 'leash-agent');
        await mend();
      }
    },
  );

  const fromTheBeginning = [
    { name: 'full', options: 'size=64k', says: /journal cannot be opened.*ENOSPC/ },
    { name: 'read-only', options: 'size=1m,ro', says: /[Rr]ead-only|EROFS/ },
  ];

  test.each(fromTheBeginning)(
    'does not start without a journal where the disk of its state is $name, and says so',
    async ({ options, says, name }) => {
      await mountState(options);
      try {
        expect((await host().run('systemctl', 'start', 'leash-agent')).code).not.toBe(0);
        await saysSo({ name, says, make: unmountState, mend: unmountState });
      } finally {
        await host().run('systemctl', 'stop', 'leash-agent');
        await unmountState();
      }
    },
  );

  test('does not start on the state directory of another, which goes on', async () => {
    await must('systemctl', 'start', 'leash-agent');
    const second = await host().run('leash-agent', 'serve', '--run-dir', '/run/second');
    expect(second.code).not.toBe(0);
    expect(second.errors).toMatch(/journal.* is in use by another agent/);
    expect(await must('leash-agent', 'status')).toContain('nothing is held');
  });

  test('says in its status when it is halted, when its policy is not right any more, and when it is again', async () => {
    await must('systemctl', 'start', 'leash-agent');
    await isArmed();
    const status = (says: RegExp): Promise<unknown> =>
      until(`its status says ${says}`, async () =>
        says.test(await must('systemctl', 'show', '--property=StatusText', 'leash-agent')),
      );
    await status(/armed, stage development$/m);
    await must('leash-agent', 'halt');
    await status(/halted, stage development$/m);
    await must('leash-agent', 'rearm');
    await host().write(policyPath, 'stage: nowhere\n');
    await status(/armed, stage development; mend this first: .*policy\.yaml:1:8: stage: must be one of/);
    await host().write(policyPath, 'stage: staging\n');
    await status(/armed, stage staging$/m);
    await withoutPolicy();
  });
});
