import { describe, expect, test } from 'vitest';
import type { KeptSetting, SettingSeen, SettingsPort } from '../../../../agent/core/setting.ts';
import { processRenice } from '../../../../agent/faults/process-renice.ts';
import { serviceMask } from '../../../../agent/faults/service-mask.ts';
import { HoldFailure } from '../../../../agent/holders/hold-failure.ts';
import { processOf } from '../processes.ts';
import { fakeKernel, fakeTarget } from './fake-kernel.ts';

const [one, two] = [fakeTarget(100), fakeTarget(101)] as const;

function keptOf(of: KeptSetting['of'], changes: Partial<KeptSetting> = {}): KeptSetting {
  return { what: 'nice', of, bootId: 'boot', ours: '9', original: '0', exceptions: [], sinceTicks: 0, ...changes };
}

/** A host in which each setting is ours until it is put back. */
function hostWith(failing?: string) {
  const log: string[] = [];
  const name = ({ of }: KeptSetting) => (typeof of === 'string' ? of : String(of.pid));
  const kernel = fakeKernel({
    async set(kept) {
      if (name(kept) === failing) throw new HoldFailure('fault-unavailable', 'it changed');
      log.push(`set ${kept.what} ${name(kept)}`);
    },
    async putBack(kept) {
      log.push(`back ${kept.what} ${name(kept)}`);
      return { state: 'original', how: 'as before' };
    },
    endByPuttingBack: (kept) => void log.push(`end by ${kept.what}`),
    isAlive: () => true,
  });
  return { log, kernel };
}

const order = { binding: 'journal', briefing: {} } as const;

describe('a hold of settings', () => {
  test('sets each of them, and ends by putting the last one back', async () => {
    const { log, kernel } = hostWith();
    const kept = [keptOf(one.identity), keptOf(two.identity)];
    const hold = await processRenice.hold({ ...order, parameters: { nice: 9 }, targets: [one, two], kernel, kept });
    await hold.release();
    expect(log).toEqual(['set nice 100', 'set nice 101', 'back nice 100', 'end by nice', 'back nice 101']);
  });

  test('puts one target back alone, and goes on with the others', async () => {
    const { log, kernel } = hostWith();
    const kept = [keptOf(one.identity), keptOf(two.identity)];
    const hold = await processRenice.hold({ ...order, parameters: { nice: 9 }, targets: [one, two], kernel, kept });
    await hold.release(two.identity);
    expect(log.slice(2)).toEqual(['back nice 101']);
  });

  test('puts back what it has set when one of them cannot be, and that one too: some of it may have been', async () => {
    const { log, kernel } = hostWith('101');
    const kept = [keptOf(one.identity), keptOf(two.identity)];
    const holding = processRenice.hold({ ...order, parameters: { nice: 9 }, targets: [one, two], kernel, kept });
    await expect(holding).rejects.toThrow('it changed');
    expect(log).toEqual(['set nice 100', 'back nice 100', 'back nice 101']);
  });

  test('ends a mask before it starts the unit, which could not be started otherwise', async () => {
    const { log, kernel } = hostWith();
    const kept = (serviceMask.sets?.({ unit: 'shop.service' }, [], {}) ?? []).map((wanted) =>
      keptOf(wanted.of, { ...wanted, original: wanted.ours === 'masked' ? 'unmasked' : 'active' }),
    );
    const hold = await serviceMask.hold({ ...order, parameters: { unit: 'shop.service' }, targets: [], kernel, kept });
    await hold.release();
    expect(log).toEqual([
      'set service-masked shop.service',
      'set service-active shop.service',
      'back service-masked shop.service',
      'end by service-active',
      'back service-active shop.service',
    ]);
  });
});

describe('a look at settings', () => {
  const targets = [processOf(100), processOf(101)];
  const sightOf = (kept: readonly KeptSetting[], states: Readonly<Record<number, SettingSeen['state']>>) =>
    ({
      targets,
      kept,
      settings: {
        see: async ({ of }: KeptSetting) => ({
          state: typeof of === 'string' ? 'ours' : (states[of.pid] ?? 'gone'),
          how: '',
        }),
      } as unknown as SettingsPort,
    }) as never;
  const kept = targets.map(({ identity }) => keptOf(identity));

  test('is of each target by itself, and by what the journal has of it', async () => {
    const seen = await processRenice.seeRestored(sightOf(kept, { 100: 'original', 101: 'changed' }));
    expect(seen.map(({ outcome }) => outcome)).toEqual(['restored', 'changed-meanwhile']);
    const half = await processRenice.seeRestored(sightOf(kept.slice(1), { 101: 'original' }));
    expect(half.map(({ outcome }) => outcome)).toEqual(['unknown', 'restored']);
  });

  test('does not wait for what was so before', async () => {
    const already = keptOf(targets[1]?.identity as never, { original: '9' });
    const { isSeen } = await processRenice.seeEffect(
      sightOf([kept[0] as KeptSetting, already], { 100: 'ours', 101: 'original' }),
    );
    expect(isSeen).toBe(true);
  });
});
