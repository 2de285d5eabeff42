import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { leash } from '../../../proto/codec.ts';
import { parsePid } from '../../../proto/identity.ts';
import { InvalidInput } from '../../../proto/invalid-input.ts';
import {
  type Choice,
  type Selector,
  selectorFromWire,
  selectorToWire,
  targetingFromWire,
  targetingToWire,
} from '../../../proto/selector.ts';

const everything: Selector = {
  name: 'nginx',
  cmdline: 'worker',
  pid: parsePid(7),
  user: 'www-data',
  parent: { name: 'supervisor' },
  exe: '/usr/sbin/nginx',
  pidfile: '/run/nginx.pid',
  group: '33',
  unit: 'nginx.service',
  cgroup: '/system.slice/nginx.service',
  cgroupTree: '/',
  container: '0123456789ab',
  port: 65_535,
  descendantsOf: { anyOf: [{ pid: parsePid(1) }, { unit: 'app.scope' }] },
  memoryAboveBytes: 5 * 2 ** 40,
  cpuAbovePercent: 250.5,
  exclude: { user: 'root' },
  allOf: [{ name: 'a' }, { not: { name: 'b' } }],
  anyOf: [{ name: 'c' }],
  not: { exclude: { name: 'd' }, user: '0' },
};

/** As it comes over the network. */
function received(selector: leash.v1.ISelector): leash.v1.Selector {
  return leash.v1.Selector.decode(leash.v1.Selector.encode(selector).finish());
}

function refusal(selector: leash.v1.ISelector): string {
  try {
    selectorFromWire(received(selector), 'selector');
    return 'accepted';
  } catch (error) {
    expect(error).toBeInstanceOf(InvalidInput);
    return (error as InvalidInput).message;
  }
}

describe('a selector', () => {
  test('arrives as it was sent, with every condition', () => {
    expect(selectorFromWire(received(selectorToWire(everything)), 'selector')).toEqual(everything);
  });

  test('that is empty is refused, at any depth', () => {
    expect(refusal({})).toMatch(/^selector: must set at least one condition/);
    expect(refusal({ name: 'a', parent: {} })).toMatch(/^selector.parent: must set/);
    expect(refusal({ name: 'a', anyOf: [{ name: 'b' }, {}] })).toMatch(/^selector.any_of\[1\]: must set/);
    expect(refusal({ name: 'a', not: {} })).toMatch(/^selector.not: must set/);
  });

  test('that only says what a process is not is refused: it would match nearly everything', () => {
    expect(refusal({ not: { name: 'a' } })).toMatch(/not only what it is not/);
    expect(refusal({ exclude: { name: 'a' } })).toMatch(/not only what it is not/);
    expect(refusal({ anyOf: [{ name: 'a' }, { not: { name: 'b' } }] })).toMatch(/not only what it is not/);
    expect(refusal({ name: 'a', descendantsOf: { not: { name: 'b' } } })).toMatch(/^selector.descendants_of: must say/);
    expect(refusal({ allOf: [{ name: 'a' }, { not: { name: 'b' } }] })).toBe('accepted');
  });

  test('nests four deep and no deeper, by whichever condition', () => {
    const three: leash.v1.ISelector = { name: 'a', parent: { name: 'b', not: { name: 'c' } } };
    expect(refusal({ name: 'x', anyOf: [three] })).toBe('accepted');
    expect(refusal({ name: 'x', anyOf: [{ allOf: [three] }] })).toMatch(/at most 4 deep/);
  });

  test('consists of 32 selectors and no more', () => {
    const many = (count: number) => Array.from({ length: count }, () => ({ name: 'a' }));
    expect(refusal({ anyOf: many(31) })).toBe('accepted');
    expect(refusal({ anyOf: many(32) })).toMatch(/at most 32 selectors/);
    expect(refusal({ anyOf: many(100_000) })).toMatch(/at most 32 selectors/);
  });

  test.each<[leash.v1.ISelector, RegExp]>([
    [{ exe: 'nginx' }, /selector.exe: must be an absolute path/],
    [{ exe: '/usr/../etc/nginx' }, /absolute path/],
    [{ pidfile: '/run//nginx.pid' }, /absolute path/],
    [{ cgroup: '/system.slice/' }, /absolute path/],
    [{ cgroupTree: 'system.slice' }, /absolute path/],
    [{ unit: 'nginx' }, /full name of a unit/],
    [{ unit: 'a/b.service' }, /full name of a unit/],
    [{ container: '0123456789a' }, /first 12 digits/],
    [{ container: 'my-container-name' }, /first 12 digits/],
    [{ port: 65_536 }, /from 1 to 65535/],
    [{ cpuAbovePercent: Number.NaN }, /cpu_above_percent: must be a number/],
    [{ cpuAbovePercent: -1 }, /must be a number/],
    [{ memoryAboveBytes: 2 ** 60 }, /memory_above_bytes: must be a whole number/],
    [{ group: 'a\0b' }, /NUL/],
    [{ pid: 5_000_000 }, /from 1 to 4194304/],
  ])('with a condition that cannot be is refused: %j', (selector, expected) => {
    expect(refusal(selector)).toMatch(expected);
  });

  test('of random bytes is refused or understood, and nothing else', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        let wire: leash.v1.Selector;
        try {
          wire = leash.v1.Selector.decode(bytes);
        } catch {
          return;
        }
        try {
          expect(Object.keys(selectorFromWire(wire, 'selector'))).not.toEqual([]);
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidInput);
        }
      }),
    );
  });
});

describe('a choice', () => {
  const choices: readonly Choice[] = [
    { mode: 'one', seed: 's' },
    { mode: 'one', seed: '', order: 'oldest' },
    { mode: 'all' },
    { mode: 'fixed', count: 3, seed: 's', order: 'newest' },
    { mode: 'percent', percent: 12.5, seed: 's' },
    { mode: 'random-max-percent', percent: 100, seed: 's', order: 'oldest' },
  ];

  test.each(choices)('arrives as it was sent: %j', (choice) => {
    const wire = leash.v1.Targeting.encode(targetingToWire({ selector: { name: 'a' }, choice })).finish();
    expect(targetingFromWire(leash.v1.Targeting.decode(wire)).choice).toEqual(choice);
  });

  test.each<[leash.v1.IChoice, RegExp]>([
    [{}, /mode: must be one, all/],
    [{ mode: 99 as leash.v1.Mode }, /mode: must be one, all/],
    [{ mode: leash.v1.Mode.MODE_FIXED }, /count: must be a whole number from 1/],
    [{ mode: leash.v1.Mode.MODE_PERCENT }, /percent: must be above 0/],
    [{ mode: leash.v1.Mode.MODE_RANDOM_MAX_PERCENT, percent: Number.NaN }, /percent: must be a number/],
    [{ mode: leash.v1.Mode.MODE_RANDOM_MAX_PERCENT, percent: 101 }, /from 0 to 100/],
    [{ mode: leash.v1.Mode.MODE_ONE, order: 3 as leash.v1.Order }, /order: must be seeded, oldest or newest/],
  ])('that cannot be is refused: %j', (choice, expected) => {
    expect(() => targetingFromWire({ selector: { name: 'a' }, choice })).toThrow(expected);
  });
});
