/** What is wrong with a host before its agent starts: one clear line, nothing injected, and restore still works. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest';
import { createAuthority, issueCertificate } from '../../../coordinator/ca/certificate-authority.ts';
import { threadStates } from '../../rig/proc.ts';
import { until } from '../../rig/until.ts';
import { type BootedFleet, bootFleet, isBootable, bootedTest as test } from '../rig/booted-fleet.ts';
import type { BootedHost } from '../rig/booted-host.ts';

const yearMs = 365 * 86_400_000;

interface Mistake {
  readonly name: string;
  readonly make: (host: BootedHost) => Promise<unknown>;
  readonly says: RegExp;
  readonly mend: (host: BootedHost) => Promise<unknown>;
}

describe('an agent does not start', () => {
  let fleet: BootedFleet;
  const host = (): BootedHost => fleet.hosts[0] as BootedHost;
  beforeAll(async () => {
    if (!isBootable) return;
    fleet = await bootFleet(['one']);
    await host().must('systemd-sysusers');
    await host().must('systemctl', 'daemon-reload');
    await host().must('systemctl', 'start', 'leash-agent', 'redis-server');
  });
  afterAll(() => fleet?.dispose());
  afterEach(async () => {
    if (!fleet) return;
    await host().must('systemctl', 'reset-failed');
    await host().must('systemctl', 'restart', 'leash-agent');
  });

  /** Files for --tls, as they would have been issued at another time. */
  async function certificateOf(nowUnixMs: number): Promise<void> {
    const authority = fleet.directory.sub(`ca-${nowUnixMs}`);
    await createAuthority({ directory: authority, trustDomain: 'fleet.test', nowUnixMs });
    const outDirectory = join(fleet.directory.path, `tls-${nowUnixMs}`);
    await issueCertificate(authority, { role: 'agent', name: 'one', outDirectory, nowUnixMs });
    for (const file of ['ca.crt', 'one.crt', 'one.key']) {
      await host().write(`/etc/leash/tls/${file}`, readFileSync(join(outDirectory, file)), 0o600);
    }
    await host().must('chown', '-R', 'leash:', '/etc/leash/tls');
    await host().write('/etc/leash/agent.env', 'LEASH_LISTEN=127.0.0.1:7443\nLEASH_TLS=/etc/leash/tls\n');
  }
  const withoutCertificate = (on: BootedHost) => on.must('rm', '-rf', '/etc/leash/tls', '/etc/leash/agent.env');
  const withoutPolicy = (on: BootedHost) => on.must('rm', '-f', '/etc/leash/policy.yaml');
  const state = '/var/lib/leash';
  const mount = async (on: BootedHost, options: string): Promise<void> => {
    const [uid, gid] = [(await on.must('id', '-u', 'leash')).trim(), (await on.must('id', '-g', 'leash')).trim()];
    await on.must('mount', '-t', 'tmpfs', '-o', `${options},mode=0700,uid=${uid},gid=${gid}`, 'tmpfs', state);
  };

  const mistakes: readonly Mistake[] = [
    {
      name: 'when its policy may be written by others',
      make: (on) => on.write('/etc/leash/policy.yaml', 'stage: development\n', 0o664),
      says: /policy must be owned by root and not writable by others/,
      mend: withoutPolicy,
    },
    {
      name: 'when its policy is not right',
      make: (on) => on.write('/etc/leash/policy.yaml', 'stage: nowhere\n'),
      says: /policy\.yaml:1:8: stage: must be one of/,
      mend: withoutPolicy,
    },
    {
      name: 'when its certificate has expired',
      make: () => certificateOf(Date.now() - yearMs),
      says: /one\.crt: .*expired/,
      mend: withoutCertificate,
    },
    {
      name: 'when its clock is a year behind its certificate',
      make: () => certificateOf(Date.now() + yearMs),
      says: /one\.crt: .*not valid before.*clock/,
      mend: withoutCertificate,
    },
    {
      name: 'when its state directory is full from the beginning',
      make: (on) => mount(on, 'size=64k'),
      says: /journal cannot be opened.*ENOSPC/,
      mend: (on) => on.must('umount', state),
    },
    {
      name: 'when its state directory takes no writes',
      make: (on) => mount(on, 'size=1m,ro'),
      says: /[Rr]ead-only|EROFS/,
      mend: (on) => on.must('umount', state),
    },
  ];

  test.each(mistakes)('$name, and says so in one line', async ({ make, says, mend }) => {
    await host().must('systemctl', 'stop', 'leash-agent');
    await make(host());
    try {
      expect((await host().run('systemctl', 'start', 'leash-agent')).code).not.toBe(0);
      const status = async (): Promise<string | undefined> => {
        const { output } = await host().run('systemctl', 'status', '--no-pager', '--full', '--lines=20', 'leash-agent');
        return says.test(output) ? output : undefined;
      };
      await until(`systemctl status says ${says}`, status, 30_000);
      expect((await host().run('leash-agent', 'restore')).errors).not.toMatch(/at .*\.js:\d+/);
      const redis = threadStates(await host().mainPid('redis-server'));
      expect(redis.filter((state) => state === 't' || state === 'T')).toEqual([]);
    } finally {
      await host().run('systemctl', 'stop', 'leash-agent');
      await mend(host());
    }
  });

  test('a second time on one state directory, and the first goes on', async () => {
    const second = await host().run('leash-agent', 'serve', '--run-dir', '/run/second');
    expect(second.code).not.toBe(0);
    expect(second.errors).toMatch(/journal.* is in use by another agent/);
    expect(await host().must('leash-agent', 'status')).toContain('nothing is held');
  });
});
