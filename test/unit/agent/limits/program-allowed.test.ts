import { expect, test } from 'vitest';
import { defaultPolicy } from '../../../../agent/core/policy.ts';
import type { LimitFacts, Proposal } from '../../../../agent/limits/limit.ts';
import { programAllowedLimit } from '../../../../agent/limits/program-allowed.ts';

const custom = [{ name: 'nap', executable: '/usr/bin/sleep', args: ['*s', '--verbose'] }];
const facts = { policy: { ...defaultPolicy, custom } } as unknown as LimitFacts;
const messages = (name: string, args: readonly string[]): readonly string[] =>
  programAllowedLimit
    .refusals({ magnitude: { program: { name, args } } } as unknown as Proposal, facts)
    .map(({ reason, message }) => `${reason}: ${message}`);

test('a listed program with arguments that are like those of the list passes', () => {
  expect(messages('nap', [])).toEqual([]);
  expect(messages('nap', ['--verbose', '10s', '20s'])).toEqual([]);
});

test('any other program is refused by name', () => {
  expect(messages('sh', [])).toEqual(['fault-not-allowed: sh is not among the programs of custom (nap)']);
});

test('each argument that is like none of the list is refused by name', () => {
  expect(messages('nap', ['10s', '$(id)', '../s'])).toEqual([
    'fault-not-allowed: the argument "$(id)" is like none that custom allows nap (*s --verbose)',
    'fault-not-allowed: the argument "../s" is like none that custom allows nap (*s --verbose)',
  ]);
});

test('a host without a list runs no program, and other faults are none of its business', () => {
  expect(programAllowedLimit.shown(defaultPolicy)).toBe('none');
  expect(programAllowedLimit.refusals({ magnitude: {} } as unknown as Proposal, facts)).toEqual([]);
});
