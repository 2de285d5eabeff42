/**
 * Nice values and CPUs of real threads, and limits of real cgroups: set, put back where they are still ours, and left alone
 * where they are not.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, onTestFinished } from 'vitest';
import type { KeptSetting, WantedSetting } from '../../agent/core/setting.ts';
import { createSettings } from '../../agent/host/settings/index.ts';
import { unless } from '../rig/requirement.ts';
import { until } from '../rig/until.ts';
import { identityOf } from './harness/agent.ts';
import { isOfVersion1, makeTestCgroup, testCgroup } from './harness/test-cgroup.ts';
import { type StampingVictim, startStampingVictim } from './harness/victim.ts';

const test = unless(process.getuid?.() === 0, 'root, for CAP_SYS_NICE');
const settings = createSettings();
const started: ChildProcess[] = [];

afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGKILL');
});

async function startThreads(): Promise<StampingVictim & { readonly tids: readonly number[] }> {
  const victim = await startStampingVictim({ threads: 4 });
  onTestFinished(() => victim.stop());
  return { ...victim, tids: readdirSync(`/proc/${victim.identity.pid}/task`).map(Number) };
}

const niceOf = (tids: readonly number[]): readonly number[] => tids.map((tid) => getPriority(tid));
const cpusOf = (tid: number): string =>
  /^Cpus_allowed_list:\s*(\S+)$/m.exec(readFileSync(`/proc/${tid}/status`, 'latin1'))?.[1] ?? '';

async function setNice(of: WantedSetting['of'], ours = '9'): Promise<KeptSetting> {
  const kept = await settings.read({ what: 'nice', of, ours });
  await settings.set(kept);
  return kept;
}

describe('a nice value', () => {
  test('is set for every thread, and each gets back the one that it had', async () => {
    const { identity, tids } = await startThreads();
    setPriority(tids[1] as number, 4);
    const before = niceOf(tids);
    const kept = await setNice(identity);
    expect(new Set(niceOf(tids))).toEqual(new Set([9]));
    expect((await settings.see(kept)).state).toBe('ours');
    expect((await settings.putBack(kept)).state).toBe('original');
    expect(niceOf(tids)).toEqual(before);
    expect(before).toContain(4);
  });

  test('that somebody else has set meanwhile is left alone, and is said to be', async () => {
    const { identity, tids } = await startThreads();
    const kept = await setNice(identity);
    setPriority(tids[2] as number, 15);
    expect(await settings.putBack(kept)).toMatchObject({ state: 'changed', how: expect.stringContaining('1 of') });
    expect(niceOf(tids).filter((nice) => nice === 15)).toEqual([15]);
    expect(niceOf(tids).filter((nice) => nice === 0)).toHaveLength(tids.length - 1);
  });

  test('is put back twice as well as once', async () => {
    const { identity, tids } = await startThreads();
    const kept = await setNice(identity);
    await settings.putBack(kept);
    setPriority(tids[0] as number, 2);
    expect((await settings.putBack(kept)).state).toBe('changed');
    expect(getPriority(tids[0])).toBe(2);
  });

  test('that a process started meanwhile has from its parent goes with it', async () => {
    // One that starts a child when it is told to, by the end of its stdin.
    const child = spawn(
      'setpriv',
      ['--pdeathsig', 'KILL', '--', 'sh', '-c', 'read -r _; sleep 97 & echo started; wait'],
      {
        stdio: ['pipe', 'pipe', 'inherit'],
      },
    );
    started.push(child);
    let output = '';
    child.stdout.on('data', (chunk) => {
      output += chunk;
    });
    const pid = child.pid as number;
    await until('it is a shell', () => readFileSync(`/proc/${pid}/comm`, 'latin1') === 'sh\n');
    const kept = await setNice(identityOf(pid));
    child.stdin.end('go\n');
    await until('its child runs', () => output.includes('started'));
    const below = Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim());
    expect(getPriority(below)).toBe(9);
    expect((await settings.putBack(kept)).state).toBe('original');
    expect([getPriority(pid), getPriority(below)]).toEqual([0, 0]);
    process.kill(below, 'SIGKILL');
  });

  test('of a pid that is another process now is not touched', async () => {
    const { identity, tids } = await startThreads();
    const kept = await setNice(identity);
    const stranger = { ...identity, startTimeTicks: identity.startTimeTicks - 1 };
    expect((await settings.putBack({ ...kept, of: stranger })).state).toBe('gone');
    expect((await settings.putBack({ ...kept, bootId: 'another' })).state).toBe('gone');
    expect(new Set(niceOf(tids))).toEqual(new Set([9]));
    await settings.putBack(kept);
  });

  test('that changed since it was journalled is not set at all', async () => {
    const { identity, tids } = await startThreads();
    const kept = await settings.read({ what: 'nice', of: identity, ours: '9' });
    setPriority(tids[3] as number, 7);
    await expect(settings.set(kept)).rejects.toThrow('changed since it was planned');
    expect(niceOf(tids).includes(9)).toBe(false);
    expect(getPriority(tids[3])).toBe(7);
  });
});

describe('the CPUs of a process', () => {
  test('are some of those that it has, for every thread, and then all again', async () => {
    const { identity, tids } = await startThreads();
    const before = tids.map(cpusOf);
    const kept = await settings.read({ what: 'affinity', of: identity, ours: '0' });
    await settings.set(kept);
    expect(new Set(tids.map(cpusOf))).toEqual(new Set(['0']));
    expect((await settings.putBack(kept)).state).toBe('original');
    expect(tids.map(cpusOf)).toEqual(before);
  });

  test('are refused where it may not run on one of them', async () => {
    const { identity } = await startThreads();
    await expect(settings.read({ what: 'affinity', of: identity, ours: '0,4000' })).rejects.toThrow(
      'may not run on CPU 4000',
    );
  });
});

/** Who sets it, or puts it back, and is killed between two files, leaves what the kernel has then. */
describe('a limit that takes two files', () => {
  const inVersion1 = (controller: 'cpu' | 'blkio') =>
    unless(isOfVersion1(controller), `the controller ${controller} of version 1 of cgroups`);

  describe('of CPU time, with another period than before,', () => {
    const [quota, period] = ['cpu.cfs_quota_us', 'cpu.cfs_period_us'];
    async function begin(original: string, ours: string) {
      const folder = makeTestCgroup('cpu');
      const write = (file: string, value: string) => writeFileSync(join(folder, file), value);
      const read = () => [quota, period].map((file) => readFileSync(join(folder, file), 'latin1').trim()).join(' ');
      const [firstQuota = '', firstPeriod = ''] = original.split(' ');
      write(period, firstPeriod);
      write(quota, firstQuota);
      const kept = await settings.read({ what: 'cgroup-cpu', of: testCgroup, ours });
      await settings.set(kept);
      expect(read()).toBe(ours);
      return { kept, write, read };
    }

    inVersion1('cpu').each([
      ['10000 50000', ['-1 50000', '-1 100000']],
      ['-1 50000', ['-1 100000']],
    ])('from %s, is put back from each step between', async (original, steps) => {
      const { kept, write, read } = await begin(original, '30000 100000');
      for (const step of steps) {
        const [stepQuota = '', stepPeriod = ''] = step.split(' ');
        write(quota, stepQuota);
        write(period, stepPeriod);
        expect(read()).toBe(step);
        expect(await settings.see(kept)).toMatchObject({ state: 'ours', isInEffect: false });
        expect((await settings.putBack(kept)).state).toBe('original');
        expect(read()).toBe(original);
        await settings.set(kept);
      }
      expect((await settings.putBack(kept)).state).toBe('original');
      expect(read()).toBe(original);
    });

    inVersion1('cpu')(
      'whose quota somebody took away is left alone where the period is the same: no step of ours is like that',
      async () => {
        const { kept, write, read } = await begin('50000 100000', '30000 100000');
        write(quota, '-1');
        expect((await settings.putBack(kept)).state).toBe('changed');
        expect(read()).toBe('-1 100000');
      },
    );
  });

  describe('of a disk', () => {
    const disk = wholeDisk();
    const test = unless(disk !== undefined && isOfVersion1('blkio'), 'a disk, and version 1 of cgroups');
    const files = { read: 'blkio.throttle.read_bps_device', write: 'blkio.throttle.write_bps_device' };
    async function begin() {
      const folder = makeTestCgroup('blkio');
      const rate = (of: keyof typeof files) => readFileSync(join(folder, files[of]), 'latin1').trim();
      const set = (of: keyof typeof files, value: number) => writeFileSync(join(folder, files[of]), `${disk} ${value}`);
      set('write', 5_000_000);
      const kept = await settings.read({ what: 'cgroup-io', of: `${testCgroup} ${disk}`, ours: '1048576 1048576' });
      await settings.set(kept);
      expect([rate('read'), rate('write')]).toEqual([`${disk} 1048576`, `${disk} 1048576`]);
      return { kept, rate, set };
    }

    test.each([
      ['write', 5_000_000],
      ['read', 0],
    ] as const)('is put back where only its %s rate is as before', async (done, original) => {
      const { kept, rate, set } = await begin();
      set(done, original);
      expect(await settings.see(kept)).toMatchObject({ state: 'ours', isInEffect: false });
      expect((await settings.putBack(kept)).state).toBe('original');
      expect([rate('read'), rate('write')]).toEqual(['', `${disk} 5000000`]);
    });

    test('leaves alone what somebody else has set of it, and puts the rest back', async () => {
      const { kept, rate, set } = await begin();
      set('read', 7_000_000);
      expect((await settings.putBack(kept)).state).toBe('changed');
      expect([rate('read'), rate('write')]).toEqual([`${disk} 7000000`, `${disk} 5000000`]);
    });
  });
});

/** By its number, as cgroups have it. */
function wholeDisk(): string | undefined {
  const name = readdirSync('/sys/block').find((each) => /^(vd|sd|nvme|xvd)/.test(each));
  return name && readFileSync(`/sys/block/${name}/dev`, 'latin1').trim();
}
