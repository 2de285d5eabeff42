/** The booted hosts themselves: what the other tests here take for granted. */
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { until } from '../../rig/until.ts';
import { type BootedFleet, bootFleet, isBootable, bootedTest as test } from '../rig/booted-fleet.ts';

describe('booted hosts', () => {
  let fleet: BootedFleet;
  beforeAll(async () => {
    if (isBootable) fleet = await bootFleet(['one', 'two']);
  });
  afterAll(() => fleet?.dispose());
  const [first, second] = [() => fleet.hosts[0]!, () => fleet.hosts[1]!];

  test('have a systemd, a network and a name of their own', async () => {
    expect(await first().must('cat', '/proc/1/comm')).toBe('systemd\n');
    expect(await first().must('hostname')).toBe('one\n');
    expect((await first().run('ping', '-c1', second().ipv4)).code).toBe(127);
    expect(await second().must('ip', '-brief', 'address')).toContain(second().ipv4);
  });

  test('run the agent as its unit says, and it answers', async () => {
    await first().must('systemd-sysusers');
    await first().must('systemctl', 'daemon-reload');
    await first().must('systemctl', 'start', 'leash-agent');
    expect(await first().must('leash-agent', 'status')).toContain('nothing is held');
    const pid = await first().mainPid('leash-agent');
    expect(pid).toBeGreaterThan(1);
    process.kill(pid, 'SIGKILL');
    await until('another one runs', async () => {
      const next = await first().mainPid('leash-agent');
      return next !== 0 && next !== pid;
    });
  });

  test('keep what was written when they lose power, and have another boot id', async () => {
    await second().write('/var/lib/kept', 'kept\n');
    const bootId = await second().read('/proc/sys/kernel/random/boot_id');
    await second().losePower();
    expect(second().pidsOutside()).toEqual([]);
    await second().boot();
    expect(await second().read('/var/lib/kept')).toBe('kept\n');
    expect(await second().read('/proc/sys/kernel/random/boot_id')).not.toBe(bootId);
    await second().reboot();
    expect(await second().read('/var/lib/kept')).toBe('kept\n');
  });
});
