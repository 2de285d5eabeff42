import { status } from '@grpc/grpc-js';
import { describe, expect, it } from 'vitest';
import { InvalidInput } from '../../../proto/invalid-input.ts';
import { invalidInputStatus, refusalStatus, refusalsOf } from '../../../proto/refusal-status.ts';

/** What clients allow for all trailers of a call. */
const trailerBytesMax = 8192;
const encodedBytes = (message: string): number => encodeURI(message).length;

describe('the status of a refusal', () => {
  it('is PERMISSION_DENIED for a missing role and FAILED_PRECONDITION for the rest, with every word of it', () => {
    const limit = { reason: 'rate-limited', message: '6 injects', limit: 'injectsPerMinute', bound: '5' } as const;
    expect(refusalStatus([limit]).code).toBe(status.FAILED_PRECONDITION);
    expect(refusalsOf(refusalStatus([limit]))).toEqual([limit]);
    expect(refusalStatus([{ reason: 'role-not-allowed', message: 'no' }]).code).toBe(status.PERMISSION_DENIED);
  });

  it('fits the trailers of a call, however many there are and however long', () => {
    const long = { reason: 'too-many-targets', message: '𝄞'.repeat(10_000), value: 'v'.repeat(10_000) } as const;
    const made = refusalStatus(Array.from({ length: 1000 }, () => long));
    const packed = made.metadata?.get('grpc-status-details-bin')[0]?.length ?? 0;
    expect(encodedBytes(made.details ?? '') + Math.ceil((packed * 4) / 3)).toBeLessThan(trailerBytesMax);
  });

  it('keeps those details that fit', () => {
    const short = { reason: 'too-many-targets', message: 'm'.repeat(500) } as const;
    const kept = refusalsOf(refusalStatus(Array.from({ length: 1000 }, () => short)));
    expect(kept.length).toBeGreaterThan(2);
    expect(kept.length).toBeLessThan(10);
  });
});

describe('the status of an invalid input', () => {
  it('is cut where its path or its value are long', () => {
    const { code, details } = invalidInputStatus(
      new InvalidInput(`parameters.${'x'.repeat(200_000)}`, 1, 'is unknown'),
    );
    expect(code).toBe(status.INVALID_ARGUMENT);
    expect(encodedBytes(details ?? '')).toBeLessThan(2100);
  });

  it('can be written in a trailer even where the input holds half a surrogate pair', () => {
    const { details } = invalidInputStatus(new InvalidInput('name\ud800', 'x\udc00y', 'must be text'));
    expect(encodedBytes(details ?? '')).toBeGreaterThan(10);
  });
});
