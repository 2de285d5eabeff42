import fc from 'fast-check';
import { expect, test } from 'vitest';
import { cpusMax, formatCpuList, parseCpuList } from '../../../../agent/core/cpu-list.ts';

test('a list of CPUs is read as the kernel writes it', () => {
  expect(parseCpuList('0-3,8')).toEqual([0, 1, 2, 3, 8]);
  expect(parseCpuList('3,1,1-2')).toEqual([1, 2, 3]);
  expect(formatCpuList([0, 1, 2, 3, 8])).toBe('0-3,8');
});

test.each(['', '-1', '1-', '3-1', '0,', ' 0', '0 ', '4096', '0-9999', '0x1', 'all', '1;2'])(
  '%j is no list of CPUs',
  (text) => {
    expect(parseCpuList(text)).toBeUndefined();
  },
);

test('what was written is read back', () => {
  const cpus = fc.uniqueArray(fc.integer({ min: 0, max: cpusMax - 1 }), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(cpus, (some) => {
      const sorted = [...some].sort((one, other) => one - other);
      expect(parseCpuList(formatCpuList(sorted))).toEqual(sorted);
    }),
  );
});
