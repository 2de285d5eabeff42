import { expect, test } from 'vitest';
import { isCgroupName } from '../../../../agent/core/cgroup-name.ts';
import { isServiceName } from '../../../../agent/core/unit-name.ts';

test.each(['shop.service', 'user@1000.service', 'a-b\\x2dc.slice', '/system.slice/shop.service', '/docker/0123abc'])(
  '%s is a cgroup',
  (name) => expect(isCgroupName(name)).toBe(true),
);

test.each([
  '',
  '/',
  '//',
  '/a//b',
  '/a/',
  '/../etc',
  '/a/..',
  '/a/./b',
  'shop',
  'shop.timer',
  '-p.service',
  'a/b.service',
  '/a b',
  '/a\0',
  'a\nb.service',
  `/${'x'.repeat(300)}`,
])('%j is none', (name) => expect(isCgroupName(name)).toBe(false));

test('a service is called by its full name, and never as an option', () => {
  expect(['shop.service', 'getty@tty1.service'].every(isServiceName)).toBe(true);
  expect(
    ['shop', '--all.service', '-.service', 'shop.socket', '../x.service', 'a b.service', ''].some(isServiceName),
  ).toBe(false);
});
