import { expect, test } from 'vitest';
import { defaultPolicy } from '../../../../agent/core/policy.ts';
import type { LimitFacts, Proposal } from '../../../../agent/limits/limit.ts';
import { niceLimit } from '../../../../agent/limits/nice.ts';
import { settingAllowedLimit } from '../../../../agent/limits/setting-allowed.ts';

const facts = (changes: Partial<LimitFacts> = {}) =>
  ({ policy: defaultPolicy, active: [], ...changes }) as unknown as LimitFacts;
const setting = (...settings: NonNullable<Proposal['settings']>) => ({ settings }) as unknown as Proposal;

test('a nice value below the least that is allowed is refused with both numbers', () => {
  const asked = (nice?: number) => ({ magnitude: nice === undefined ? {} : { nice } }) as unknown as Proposal;
  expect(niceLimit.refusals(asked(-1), facts()).map(({ message }) => message)).toEqual([
    'nice -1, at least 0 allowed by niceMin',
  ]);
  for (const nice of [0, 19, undefined]) expect(niceLimit.refusals(asked(nice), facts())).toEqual([]);
  expect(niceLimit.refusals(asked(Number.NaN), facts())).toHaveLength(1);
  expect(niceLimit.refusals(asked(-5), facts({ policy: { ...defaultPolicy, niceMin: -5 } }))).toEqual([]);
});

test('what another fault has set is not set again, since its value would be taken for the original', () => {
  const other = { faultId: 'fault-1', kind: 'process.renice', settings: ['nice of process 7'] };
  const active = [other] as unknown as LimitFacts['active'];
  const refusals = settingAllowedLimit.refusals(setting({ key: 'nice of process 7' }), facts({ active }));
  expect(refusals.map(({ reason }) => reason)).toEqual(['target-held']);
  expect(settingAllowedLimit.refusals(setting({ key: 'nice of process 8' }), facts({ active }))).toEqual([]);
});

test('what the policy forbids and what cannot be set are told apart', () => {
  const proposed = setting({ key: 'one', refusal: 'not listed' }, { key: 'two', problem: 'it is gone' });
  expect(settingAllowedLimit.refusals(proposed, facts()).map(({ reason, message }) => [reason, message])).toEqual([
    ['fault-not-allowed', 'not listed'],
    ['fault-unavailable', 'it is gone'],
  ]);
});
