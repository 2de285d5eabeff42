import { expect, test } from 'vitest';
import type { ChangeSeen } from '../../../../agent/core/change.ts';
import { defaultPolicy } from '../../../../agent/core/policy.ts';
import { changeAllowedLimit } from '../../../../agent/limits/change-allowed.ts';
import type { ActiveFault, LimitFacts, Proposal } from '../../../../agent/limits/limit.ts';

const changes = [{ name: 'flag', make: ['/bin/on'], undo: ['/bin/off'], check: ['/bin/is-on'] }];
const facts = (active: readonly Partial<ActiveFault>[] = []) =>
  ({ policy: { ...defaultPolicy, changes }, active }) as unknown as LimitFacts;

function messages(name: string, seen?: ChangeSeen, active?: readonly Partial<ActiveFault>[]): readonly string[] {
  const proposal = { change: { name, ...(seen ? { seen } : {}) } } as unknown as Proposal;
  return changeAllowedLimit.refusals(proposal, facts(active)).map(({ reason, message }) => `${reason}: ${message}`);
}

test('a listed change that is not in place passes', () => {
  expect(messages('flag', { state: 'not-in-place', how: '' })).toEqual([]);
});

test('any other is refused by name', () => {
  expect(messages('other')).toEqual(['fault-not-allowed: other is not among the changes of this host (flag)']);
});

test('one that is in place already is refused, since it is not ours to undo', () => {
  expect(messages('flag', { state: 'in-place', how: '' })[0]).toMatch(/^fault-unavailable: flag is in place already/);
});

test('one that cannot be looked at is refused, in the words of its check', () => {
  expect(messages('flag', { state: 'unknown', how: 'no answer' })).toEqual(['fault-unavailable: no answer']);
  expect(messages('flag')).toEqual(['fault-unavailable: whether flag is in place cannot be looked at here']);
});

test('one that a fault has made is refused by the id of that fault', () => {
  const seen = { state: 'not-in-place', how: '' } as const;
  expect(messages('flag', seen, [{ faultId: 'f1', change: 'flag' }])[0]).toMatch(
    /^target-held: flag is made by fault f1/,
  );
  expect(messages('flag', seen, [{ faultId: 'f1', change: 'other' }])).toEqual([]);
});

test('a host without a list changes nothing, and other faults are none of its business', () => {
  expect(changeAllowedLimit.shown(defaultPolicy)).toBe('none');
  expect(changeAllowedLimit.refusals({} as Proposal, facts())).toEqual([]);
});
