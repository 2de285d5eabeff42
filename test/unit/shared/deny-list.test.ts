import { expect, test } from 'vitest';
import { parseDenyList, readDenyList } from '../../../shared/deny-list.ts';

const fingerprint256 = `${'AB:'.repeat(31)}AB`;
const mark = { serialNumber: '0A1B2C', fingerprint256 };

test.each([
  ['its serial number', '0A1B2C'],
  ['its serial number without leading zeros', 'a1b2c'],
  ['its serial number as openssl prints it', '0a:1b:2c'],
  ['its fingerprint', fingerprint256],
  ['its fingerprint without colons', 'ab'.repeat(32)],
])('a certificate is denied by %s', (_how, line) => {
  expect(parseDenyList(`# lost\n\n${line}\n`, 'deny.list').denies(mark)).toBe('it is on the deny list');
});

test('the remark of a line is the reason that is told', () => {
  const list = parseDenyList('0a1b2c # alice, 2026: the laptop was lost\r\n', 'deny.list');
  expect(list.denies(mark)).toBe('it is on the deny list: alice, 2026: the laptop was lost');
  expect(list.denies({ ...mark, serialNumber: '0A1B2D' })).toBeUndefined();
});

test.each(['xyz', 'a'.repeat(41), 'a'.repeat(63), `${'a'.repeat(65)}`])(
  'a list with the line "%s" is refused as a whole, by its line',
  (line) => {
    expect(() => parseDenyList(`0a1b2c\n${line}\n`, 'deny.list')).toThrow('deny.list:2: "');
  },
);

test('a file that is not there denies nobody', () => {
  expect(readDenyList('/nowhere/deny.list').denies(mark)).toBeUndefined();
});
