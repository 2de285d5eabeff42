/** Faults of services, on a host with a systemd of its own: what others do with the service, and deaths between two steps. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect } from 'vitest';
import { causeWords } from '../../../proto/fault.ts';
import { inject, planFor } from '../../rig/inject.ts';
import { until } from '../../rig/until.ts';
import { isBootable, bootedTest as test } from '../rig/booted-fleet.ts';
import type { BootedHost } from '../rig/booted-host.ts';
import { type JournalScene, outcomesOf, startJournalScene, unit } from '../rig/journal-scene.ts';

let scene: JournalScene;
let host: BootedHost;

const agent = () => scene.agent();
/** For as long as the test looks: the lease is never what ends it. */
const leaseTtlMs = 60_000;

beforeAll(async () => {
  if (!isBootable) return;
  scene = await startJournalScene();
  host = scene.host;
  await host.write('/etc/systemd/system/needed.service', '[Service]\nExecStart=/bin/sleep infinity\n');
  await host.write(
    '/etc/systemd/system/needing.service',
    '[Unit]\nRequires=needed.service\nAfter=needed.service\n[Service]\nExecStart=/bin/sleep infinity\n',
  );
  await host.write(
    '/etc/systemd/system/willful.service',
    '[Unit]\nRefuseManualStart=yes\n[Service]\nExecStart=/bin/sleep infinity\n',
  );
  await host.write(
    '/etc/systemd/system/willing.service',
    '[Unit]\nWants=willful.service\n[Service]\nExecStart=/bin/sleep infinity\n',
  );
  // Stopped before what it comes after, and takes its time; nothing else has to do with the two.
  await host.write(
    '/etc/systemd/system/slow.service',
    `[Unit]\nAfter=${unit}\n[Service]\nExecStart=/bin/sleep infinity\nExecStop=/bin/sleep 20\n`,
  );
  await host.must('systemctl', 'daemon-reload');
});
afterAll(() => scene?.dispose());
afterEach(async () => {
  if (!isBootable) return;
  // Also after a test that failed half-way: the next one begins with an agent that holds nothing.
  await scene.begin();
  await scene.nothingHeld();
});

const systemctl = '/usr/bin/systemctl';
const mask = `/run/systemd/system/${unit}`;
/** In place of the program: a step of it does this, and does not come to its end. */
const endless = (step: string, does = ':') => `#!/bin/sh
if [ "$1" = ${step} ]; then
  ${does}
  touch /run/endless
  exec sleep infinity
fi
exec ${systemctl}.real "$@"
`;

async function unitState(): Promise<readonly string[]> {
  const shown = await host.must('systemctl', 'show', '--property=ActiveState,UnitFileState', unit);
  return ['ActiveState', 'UnitFileState'].map((name) => new RegExp(`^${name}=(.*)$`, 'm').exec(shown)?.[1] ?? '');
}

describe('a service', () => {
  const isMasked = async () => (await host.run('test', '-L', mask)).code === 0;

  test('that is restarted is another invocation, and the fault is over when it runs', async () => {
    const before = await host.mainPid(unit);
    const fault = await inject(agent(), { kind: 'service.restart', parameters: { unit } });
    expect(await host.mainPid(unit)).not.toBe(before);
    await until('it is over by itself', async () => (await scene.held()).length === 0, 30_000);
    const receipt = await scene.receiptOf(fault);
    expect([receipt.confirmed, causeWords.fromWire(receipt.cause, 'cause')]).toEqual([true, 'completed']);
    expect(receipt.targets?.[0]?.seen).toContain('runs again, as invocation');
  });

  test('that the policy does not list is refused by name, and so is one that others need', async () => {
    const other = await planFor(agent(), { kind: 'service.stop', parameters: { unit: 'dbus.service' } });
    expect(other.refusals).toContainEqual(
      expect.objectContaining({ reason: 'fault-not-allowed', message: expect.stringContaining('services.allow') }),
    );
    await host.must('systemctl', 'start', 'needing.service');
    const needed = await planFor(agent(), { kind: 'service.stop', parameters: { unit: 'needed.service' } });
    expect(needed.refusals?.map(({ message }) => message).join()).toContain('needing.service would be stopped with');
    await host.must('systemctl', 'stop', 'needing.service', 'needed.service');
  });

  describe('that could not be started again is refused by name:', () => {
    const objections = async (name: string) => {
      const { refusals } = await planFor(agent(), { kind: 'service.stop', parameters: { unit: name } });
      return refusals?.map(({ message }) => message).join();
    };

    test('a masked one', async () => {
      await host.must('systemctl', 'mask', '--runtime', unit);
      expect(await objections(unit)).toContain(
        `${unit} could not be started again: systemd calls its unit file masked`,
      );
      await host.must('systemctl', 'unmask', '--runtime', unit);
    });

    test('a transient one', async () => {
      await host.must('systemd-run', '--unit=transient', 'sleep', 'infinity');
      expect(await objections('transient.service')).toContain(
        'transient.service could not be started again: it has no',
      );
      await host.must('systemctl', 'stop', 'transient.service');
    });

    test('one that others start only', async () => {
      await host.must('systemctl', 'start', 'willing.service');
      expect(await objections('willful.service')).toContain('willful.service could not be started again: it refuses');
      await host.must('systemctl', 'stop', 'willing.service', 'willful.service');
    });
  });

  test.each(['service.stop', 'service.mask'])('that its operator masks during %s is left alone', async (kind) => {
    const fault = await inject(agent(), { kind, parameters: { unit }, leaseTtlMs });
    await host.must('systemctl', 'mask', unit);
    const receipt = await scene.receiptOf(fault);
    expect([receipt.confirmed, outcomesOf(receipt)]).toEqual([true, ['changed-meanwhile']]);
    expect(await unitState()).toEqual(['inactive', 'masked']);
    expect(await isMasked()).toBe(false);
    await host.must('systemctl', 'unmask', unit);
    await host.must('systemctl', 'start', unit);
  });

  test('that somebody started meanwhile is left alone', async () => {
    const fault = await inject(agent(), { kind: 'service.stop', parameters: { unit } });
    await host.must('systemctl', 'start', unit);
    const pid = await host.mainPid(unit);
    const receipt = await scene.receiptOf(fault);
    expect([receipt.confirmed, await host.mainPid(unit)]).toEqual([true, pid]);
  });

  describe('that systemd stops only after another one', () => {
    const hasJob = async () => (await host.must('systemctl', 'list-jobs', '--no-legend')).includes(unit);
    beforeEach(async () => {
      if (!isBootable) return;
      await scene.isRunning();
      await host.must('systemctl', 'start', 'slow.service');
      await host.must('systemctl', 'stop', '--no-block', 'slow.service');
    });
    afterEach(async () => {
      if (!isBootable) return;
      await until(
        'nothing is left to do',
        async () => (await host.must('systemctl', 'list-jobs')).includes('No jobs'),
        60_000,
      );
      await host.must('systemctl', 'start', unit);
    });

    test('is not stopped in time, and so not later either', async () => {
      const pid = await host.mainPid(unit);
      await expect(inject(agent(), { kind: 'service.stop', parameters: { unit }, leaseTtlMs })).rejects.toThrow(
        'the inject failed',
      );
      await scene.nothingHeld();
      expect([await hasJob(), await host.mainPid(unit)]).toEqual([false, pid]);
      await until(
        'the other one is stopped',
        async () => (await scene.stateOf('slow.service')) !== 'deactivating',
        60_000,
      );
      expect([await hasJob(), await host.mainPid(unit)]).toEqual([false, pid]);
    });

    test.each([
      ['service.stop', 'as the same process'],
      ['service.restart', 'as another one'],
    ])('runs on after SIGKILL of the agent and its holder while the stop of %s waits, %s', async (kind, as) => {
      const pid = await host.mainPid(unit);
      const injecting = inject(agent(), { kind, parameters: { unit }, leaseTtlMs }).catch(() => {});
      await until('its stop waits', hasJob, 20_000);
      await scene.kill('the agent and its holder together');
      await injecting;
      await until(
        'the other one is stopped',
        async () => (await scene.stateOf('slow.service')) !== 'deactivating',
        60_000,
      );
      await scene.begin();
      await scene.nothingHeld();
      await until('nothing is left to do', async () => !(await hasJob()), 60_000);
      expect(await scene.stateOf(unit)).toBe('active');
      expect((await host.mainPid(unit)) === pid).toBe(as === 'as the same process');
    });

    test.each(['service.stop', 'service.restart'])(
      'is refused to %s while a stop by somebody else waits',
      async (kind) => {
        await host.must('systemctl', 'stop', '--no-block', unit);
        const { refusals } = await planFor(agent(), { kind, parameters: { unit } });
        expect(refusals?.map(({ message }) => message).join()).toContain(`systemd has a job for ${unit}`);
      },
    );
  });

  const masks = () => inject(agent(), { kind: 'service.mask', parameters: { unit }, leaseTtlMs });

  /** Kills the agent and its holder in the middle of this, while that stands in place of the program, and looks just before. */
  async function dieIn(doing: () => Promise<unknown>, program: string, look: () => Promise<void>): Promise<void> {
    await host.must('rm', '--force', '/run/endless');
    await host.must('mv', systemctl, `${systemctl}.real`);
    await host.write(systemctl, program, 0o755);
    try {
      const done = doing().catch(() => {});
      await until('it got there', async () => (await host.run('test', '-e', '/run/endless')).code === 0);
      await look();
      await scene.kill('the agent and its holder together');
      await done;
    } finally {
      await host.must('mv', `${systemctl}.real`, systemctl);
    }
  }
  test('whose agent and holder are killed between its mask and its stop may be started again, and runs', async () => {
    await dieIn(masks, endless('stop'), async () => expect(await unitState()).toEqual(['active', 'masked-runtime']));
    await until('it is masked no more', async () => (await unitState()).join() === 'active,disabled', 60_000);
    const pid = await host.mainPid(unit);
    await scene.begin();
    await scene.nothingHeld();
    // It was never stopped, so nothing has started it again.
    expect(await host.mainPid(unit)).toBe(pid);
  });

  test('whose agent and holder are killed before systemd has read its mask has none when it reads its files', async () => {
    await dieIn(masks, endless('mask', `${systemctl}.real --no-reload "$@"`), async () => {
      // What systemd says is what it has read before.
      expect([await isMasked(), ...(await unitState())]).toEqual([true, 'active', 'disabled']);
    });
    await until('the mask is gone', async () => !(await isMasked()), 60_000);
    await scene.begin();
    await scene.nothingHeld();
    await host.must('systemctl', 'daemon-reload');
    expect(await unitState()).toEqual(['active', 'disabled']);
  });

  test('whose agent and holder are killed before systemd has read the end of its mask is started again', async () => {
    const { faultId } = await masks();
    const ends = () => agent().call('restore', { faultId: faultId ?? '' });
    await dieIn(ends, endless('unmask', `${systemctl}.real --no-reload "$@"`), async () => {
      expect([await isMasked(), await scene.stateOf(unit)]).toEqual([false, 'inactive']);
    });
    await scene.isRunning();
    await scene.begin();
    await scene.nothingHeld();
    expect(await unitState()).toEqual(['active', 'disabled']);
  });
});
