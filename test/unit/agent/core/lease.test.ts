import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { endsAtBootMs, grantLease, isOver, renewLease } from '../../../../agent/core/lease.ts';

const instant = fc.integer({ min: 0, max: 1_000_000 });
const span = fc.integer({ min: 1, max: 1_000_000 });

describe('a lease', () => {
  it('is over at the very instant of its end, and not before', () => {
    const lease = grantLease(100, { ttlMs: 50, durationMs: 1000 });
    expect(isOver(lease, 149.999)).toBe(false);
    expect(isOver(lease, 150)).toBe(true);
  });

  it('never outlives its hard deadline, whatever renewals come', () => {
    fc.assert(
      fc.property(instant, span, span, fc.array(fc.tuple(span, span)), (now, ttlMs, durationMs, renewals) => {
        let lease = grantLease(now, { ttlMs, durationMs });
        let at = now;
        for (const [waitMs, renewalMs] of renewals) {
          at += waitMs;
          lease = renewLease(lease, at, renewalMs) ?? lease;
        }
        expect(endsAtBootMs(lease)).toBeLessThanOrEqual(now + durationMs);
      }),
    );
  });

  it('that is over is over for every later renewal', () => {
    fc.assert(
      fc.property(instant, span, span, span, span, (now, ttlMs, durationMs, lateMs, renewalMs) => {
        const lease = grantLease(now, { ttlMs, durationMs });
        expect(renewLease(lease, endsAtBootMs(lease) + lateMs - 1, renewalMs)).toBeUndefined();
      }),
    );
  });

  it('is never shortened by a renewal, doubled and reordered ones included', () => {
    fc.assert(
      fc.property(instant, span, span, span, (now, ttlMs, waitMs, renewalMs) => {
        const lease = grantLease(now, { ttlMs, durationMs: 10_000_000 });
        const renewed = renewLease(lease, now + waitMs, renewalMs);
        if (renewed) expect(renewed.expiresAtBootMs).toBeGreaterThanOrEqual(lease.expiresAtBootMs);
      }),
    );
  });
});
