import { describe, expect, test } from 'vitest';
import { createPutBackGuard } from '../../../../agent/app/put-back-guard.ts';
import { defaultPolicy, type HostPolicy } from '../../../../agent/core/policy.ts';
import type { KeptSetting } from '../../../../agent/core/setting.ts';
import type { JournalRecord } from '../../../../agent/store/journal-record.ts';
import type { JsonObject } from '../../../../proto/struct.ts';
import { faultFacts } from '../core/world.ts';
import { processOf, tableOf } from '../processes.ts';

const worker = processOf(100);
const database = processOf(101, { name: 'postgres' });
const table = tableOf(processOf(1), worker, database);
const policy: HostPolicy = {
  ...defaultPolicy,
  services: { allow: ['shop.service'] },
  protect: { ...defaultPolicy.protect, names: ['postgres'] },
};

const kept: KeptSetting = {
  what: 'nice',
  of: worker.identity,
  bootId: 'boot-a',
  ours: '9',
  original: '0',
  exceptions: [],
  sinceTicks: 0,
};
const stopped: KeptSetting = {
  ...kept,
  what: 'service-active',
  of: 'shop.service',
  ours: 'inactive',
  original: 'active',
};

function recordOf(kind: string, parameters: JsonObject, targets = [worker.identity]): JournalRecord {
  const facts = faultFacts({ kind, parameters, binding: 'journal', targets });
  return { facts, lease: { expiresAtBootMs: 1, hardDeadlineBootMs: 2 }, undo: [], state: 'touched' };
}

const renice = recordOf('process.renice', { nice: 9 });
const stop = recordOf('service.stop', { unit: 'shop.service' }, []);
const guard = createPutBackGuard(policy, table);

describe('of a journal, it is put back', () => {
  test('what a fault of its kind and parameters sets', () => {
    expect(guard(kept, renice)).toBeUndefined();
    expect(guard(stopped, stop)).toBeUndefined();
  });

  test('also where the fault itself is no longer allowed', () => {
    const strict = createPutBackGuard({ ...policy, faults: { allow: [] } }, table);
    expect(strict(kept, renice)).toBeUndefined();
  });

  test('also where the policy cannot be read, if it takes no word of it', () => {
    const without = createPutBackGuard(undefined, table);
    expect(without(kept, renice)).toBeUndefined();
    expect(without(stopped, stop)).toContain('cannot be read');
  });
});

describe('of a journal, it is left alone', () => {
  test.each<[string, KeptSetting, JournalRecord, string]>([
    ['what other parameters set', kept, recordOf('process.renice', { nice: 8 }), 'sets nice of process 100 to 9'],
    ['what another fault sets', kept, recordOf('process.pause', {}), 'sets nice'],
    ['what no fault sets', kept, recordOf('process.explode', {}), 'sets nice'],
    ['what the parameters do not say', kept, recordOf('process.renice', { nice: 'many' }), 'sets nice'],
    ['a value that cannot be', { ...kept, original: '$(id)' }, renice, 'is no nice'],
    ['a thread’s value that cannot be', { ...kept, exceptions: [[101, '99']] }, renice, 'is no nice'],
    ['the process of another target', { ...kept, of: database.identity }, renice, 'sets nice of process 101'],
  ])('%s', (_what, one, record, why) => {
    expect(guard(one, record)).toContain(why);
  });

  test('a process that is protected', () => {
    const record = recordOf('process.renice', { nice: 9 }, [database.identity]);
    expect(guard({ ...kept, of: database.identity }, record)).toContain('is protected');
  });

  test('a unit that the policy does not list any more', () => {
    const strict = createPutBackGuard({ ...policy, services: { allow: [] } }, table);
    expect(strict(stopped, stop)).toContain('services.allow');
  });
});
