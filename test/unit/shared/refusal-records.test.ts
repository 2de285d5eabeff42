import { expect, test } from 'vitest';
import type { AuditRecord } from '../../../shared/audit-chain.ts';
import { createRefusalRecords } from '../../../shared/refusal-records.ts';

function world() {
  const written: AuditRecord[] = [];
  let endMinute = (): void => undefined;
  const records = createRefusalRecords({
    append: async (record) => void written.push(record),
    unixMs: () => 7,
    after(_ms, call) {
      endMinute = call;
      return () => undefined;
    },
    warn: () => undefined,
  });
  const refuse = (by: string): boolean => records.add({ by, action: 'call-refused', subject: 'Inject', detail: 'no' });
  return { written, records, refuse, endMinute: () => endMinute() };
}

test('each refusal is a record of who, what and why', () => {
  const { written, refuse } = world();
  refuse('spiffe://leash.test/viewer/eve');
  expect(written).toEqual([
    {
      atUnixMs: 7,
      phase: 'refusal',
      by: 'spiffe://leash.test/viewer/eve',
      action: 'call-refused',
      subject: 'Inject',
      detail: 'no',
      digest: '',
    },
  ]);
});

test('whoever asks in vain all the time fills no disk, silences nobody else, and is counted', () => {
  const { written, refuse, endMinute } = world();
  for (let count = 0; count < 1000; count += 1) refuse('eve');
  refuse('mallory');
  expect(written.filter(({ by }) => by === 'eve')).toHaveLength(30);
  expect(written.filter(({ by }) => by === 'mallory')).toHaveLength(1);
  endMinute();
  expect(written.at(-1)).toMatchObject({ action: 'refusals-counted', detail: '970 more refusals' });
  refuse('eve');
  expect(written.filter(({ by }) => by === 'eve')).toHaveLength(31);
});

test('what is counted is written at the end too', async () => {
  const { written, refuse, records } = world();
  for (let count = 0; count < 31; count += 1) refuse('eve');
  await records.close();
  expect(written.at(-1)).toMatchObject({ detail: '1 more refusals' });
});
