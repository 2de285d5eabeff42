import { describe, expect, it } from 'vitest';
import { judgePromotion, type PromotionCase } from '../../../../coordinator/core/promotion.ts';

const dayMs = 86_400_000;
const now = 100 * dayMs;
const rules = { withinMs: 30 * dayMs };
const pass = { runId: 'run-1', stage: 'staging', endedAtUnixMs: now - dayMs } as const;
const rehearsal = { rehearsalId: 'reh-1', stage: 'staging', isPassed: true, atUnixMs: now - dayMs } as const;
const ready: PromotionCase = {
  to: 'production-lite',
  contentDigest: 'sha256:0123456789abcdef',
  hasRollback: true,
  passes: [pass],
  rehearsals: [rehearsal],
  nowUnixMs: now,
};

describe('a promotion', () => {
  it('is accepted after a pass and a rehearsal in the stage before, and names both', () => {
    expect(judgePromotion(ready, rules)).toMatchObject({ from: 'staging', pass, rehearsal, reasons: [] });
  });

  it('needs nothing for the first stage', () => {
    const first = { ...ready, to: 'development', passes: [], rehearsals: [] } as const;
    expect(judgePromotion(first, rules).reasons).toEqual([]);
  });

  it.each<[string, Partial<PromotionCase>, RegExp]>([
    ['no pass', { passes: [] }, /^0 passes of sha256:0123456789ab in staging within 30 days, at least 1 needed$/],
    ['a pass of another stage', { passes: [{ ...pass, stage: 'development' }] }, /^0 passes/],
    ['an old pass', { passes: [{ ...pass, endedAtUnixMs: now - 31 * dayMs }] }, /the last pass is 31 days old$/],
    ['no rehearsal', { rehearsals: [] }, /^0 rehearsals of its rollback in staging within 30 days/],
    ['a failed rehearsal', { rehearsals: [{ ...rehearsal, isPassed: false }] }, /^0 rehearsals/],
    ['an old rehearsal', { rehearsals: [{ ...rehearsal, atUnixMs: now - 31 * dayMs }] }, /^0 rehearsals/],
  ])('is refused with %s', (_what, change, reason) => {
    const { reasons, remedies } = judgePromotion({ ...ready, ...change }, rules);
    expect(reasons).toHaveLength(1);
    expect(reasons[0]).toMatch(reason);
    expect(remedies).toHaveLength(1);
  });

  it('asks for no rehearsal where there is no rollback to rehearse', () => {
    expect(judgePromotion({ ...ready, hasRollback: false, rehearsals: [] }, rules).reasons).toEqual([]);
  });
});
