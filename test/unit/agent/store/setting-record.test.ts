import { describe, expect, test } from 'vitest';
import type { KeptSetting } from '../../../../agent/core/setting.ts';
import { recordFromBytes, recordToBytes, type Undo } from '../../../../agent/store/journal-record.ts';
import { payloadBytesMax } from '../../../../agent/store/slot.ts';
import { parsePid } from '../../../../proto/identity.ts';
import type { Json } from '../../../../proto/struct.ts';
import { faultFacts } from '../core/world.ts';

const bootId = '0b1d2c3e-4f50-4a6b-8c7d-9e0f1a2b3c4d';
const target = { bootId, pid: parsePid(100), startTimeTicks: 7 };
const kept: KeptSetting = {
  what: 'nice',
  of: target,
  bootId,
  ours: '19',
  original: '0',
  exceptions: [
    [101, '5'],
    [102, '-3'],
  ],
  sinceTicks: 12_345,
};

function recordOf(undo: readonly Undo[]) {
  const facts = faultFacts({ kind: 'process.renice', binding: 'journal', holdsByPtrace: false, targets: [target] });
  return { facts, lease: { expiresAtBootMs: 1, hardDeadlineBootMs: 2 }, undo, state: 'intended' as const };
}

/** As a stranger might have written it. */
function forged(undo: Json): Buffer {
  const document = JSON.parse(recordToBytes(recordOf([{ type: 'put-back', kept }])).toString());
  return Buffer.from(JSON.stringify({ ...document, undo }));
}

describe('a setting in the journal', () => {
  test('is read back as it was written, and is short', () => {
    const bytes = recordToBytes(recordOf([{ type: 'put-back', kept }]));
    expect(recordFromBytes(bytes).undo).toEqual([{ type: 'put-back', kept }]);
    expect(bytes.length).toBeLessThan(1000);
  });

  test('fits a slot with all the threads of their own that are allowed', () => {
    const exceptions = Array.from({ length: 64 }, (_, index) => [4_000_000 + index, '-20'] as const);
    expect(recordToBytes(recordOf([{ type: 'put-back', kept: { ...kept, exceptions } }])).length).toBeLessThan(
      payloadBytesMax,
    );
  });

  test('is of a target of the fault, or it is not written', () => {
    const other = { ...target, pid: parsePid(101) };
    expect(() => recordToBytes(recordOf([{ type: 'put-back', kept: { ...kept, of: other } }]))).toThrow(
      'target of the fault',
    );
  });

  test.each<[string, Json]>([
    ['another kind', [['put-back', 'sysctl', 0, '1', '0', 0, []]]],
    ['a command', [['put-back', 'nice', 0, { run: 'id' }, '0', 0, []]]],
    ['no target of the fault', [['put-back', 'nice', 1, '19', '0', 0, []]]],
    ['half a pair', [['put-back', 'nice', 0, '19', '0', 0, [101]]]],
    ['a thread that cannot be', [['put-back', 'nice', 0, '19', '0', 0, [-1, '0']]]],
    ['no list', [['put-back', 'nice', 0, '19', '0', 0, '101']]],
    ['a time before the boot', [['put-back', 'nice', 0, '19', '0', -1, []]]],
    ['nothing', [['put-back']]],
  ])('with %s is no record', (_what, undo) => {
    expect(() => recordFromBytes(forged(undo))).toThrow();
  });
});
