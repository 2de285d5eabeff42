import { readdirSync } from 'node:fs';
import { afterEach, beforeEach, expect, test } from 'vitest';
import {
  type DescriptorReserve,
  openDescriptorReserve,
  withReserve,
} from '../../../../agent/host/descriptor-reserve.ts';

let reserve: DescriptorReserve;
beforeEach(() => {
  reserve = openDescriptorReserve();
});
afterEach(() => reserve.close());

const openNow = (): number => readdirSync('/proc/self/fd').length;
const exhausted = Object.assign(new Error('too many open files'), { code: 'EMFILE' });

test('a look that finds no descriptor is made again with the reserve given up, which is there again afterwards', () => {
  const before = openNow();
  const seen: number[] = [];
  const result = reserve.use(() => {
    seen.push(openNow());
    if (seen.length === 1) throw exhausted;
    return 'seen';
  });
  expect(result).toBe('seen');
  expect(seen).toEqual([before, before - 8]);
  expect(openNow()).toBe(before);
});

test('any other failure is passed on, and is not tried again', () => {
  let calls = 0;
  const fail = (): never => {
    calls += 1;
    throw Object.assign(new Error('no'), { code: 'EACCES' });
  };
  expect(() => reserve.use(fail)).toThrow('no');
  expect(calls).toBe(1);
});

test('a view answers each question through the reserve', () => {
  let calls = 0;
  const view = withReserve(
    {
      name: 'host',
      look(what: string) {
        calls += 1;
        if (calls === 1) throw exhausted;
        return `${what} seen`;
      },
    },
    reserve,
  );
  expect(view.look('it')).toBe('it seen');
  expect(view.name).toBe('host');
});
