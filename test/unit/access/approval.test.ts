import { describe, expect, it } from 'vitest';
import { type Approval, defaultApprovals, judgeApprovals } from '../../../coordinator/core/approval.ts';
import { personOf } from '../../../coordinator/core/bindings.ts';

const rules = { approvers: 2, lifeMs: 1000 };
const yes = (by: string, more: Partial<Approval> = {}): Approval => ({
  runId: 'run-1',
  experiment: 'paid',
  scopeDigest: 'sha256:scope',
  by,
  comment: '',
  atUnixMs: 100,
  ...more,
});
const judge = (approvals: readonly Approval[], more: Partial<Parameters<typeof judgeApprovals>[0]> = {}) =>
  judgeApprovals({
    approvals,
    runId: 'run-1',
    scopeDigest: 'sha256:scope',
    submittedBy: 'spiffe://acme.com/runner/alice',
    rules,
    nowUnixMs: 500,
    personOf,
    ...more,
  });
const [bob, carol] = ['spiffe://acme.com/approver/bob', 'oidc:carol@acme.com'];

describe('approvals', () => {
  it('are two people other than the submitter, whatever names they have', () => {
    expect(judge([yes(bob), yes(carol)])).toMatchObject({ isEnough: true, people: ['bob@acme.com', 'carol@acme.com'] });
    for (const alias of ['spiffe://acme.com/approver/alice', 'oidc:alice@acme.com']) {
      expect(judge([yes(bob), yes(alias)]).approvals[1]?.voidBecause).toBe('alice@acme.com submitted it');
    }
    const twice = judge([yes(bob), yes('oidc:bob@acme.com')]);
    expect([twice.isEnough, twice.approvals[1]?.voidBecause]).toEqual([false, 'bob@acme.com has said so already']);
    expect(judge([yes(bob), yes('token:ci')]).approvals[1]?.voidBecause).toBe('token:ci is not a person');
  });

  it('are void for another scope, for another run, and from the very instant at which their life is over', () => {
    expect(judge([yes(bob), yes(carol, { scopeDigest: 'sha256:other' })])).toMatchObject({ isEnough: false });
    expect(judge([yes(bob), yes(carol)], { scopeDigest: 'sha256:scopf' }).people).toEqual([]);
    expect(judge([yes(bob), yes(carol, { runId: 'run-0' })]).approvals[1]?.voidBecause).toBe('it is for run run-0');
    expect(judge([yes(bob), yes(carol)], { nowUnixMs: 1099 }).isEnough).toBe(true);
    expect(judge([yes(bob), yes(carol)], { nowUnixMs: 1100 }).people).toEqual([]);
    expect(judge([yes(bob), yes(carol)], { nowUnixMs: Number.NaN }).people).toEqual([]);
    expect(judge([yes(bob), yes(carol)], { nowUnixMs: 1100 }).approvals[0]?.voidBecause).toContain(
      'it ran out at 1970',
    );
  });

  it('are asked for in production by default, and nowhere else', () => {
    expect(Object.entries(defaultApprovals).map(([stage, { approvers }]) => [stage, approvers])).toEqual([
      ['development', 0],
      ['staging', 0],
      ['production-lite', 2],
      ['production-full', 2],
    ]);
  });
});
