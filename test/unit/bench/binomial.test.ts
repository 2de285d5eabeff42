import { describe, expect, it } from 'vitest';
import { upperBound } from '../../bench/binomial.ts';

describe('the upper bound of Clopper and Pearson', () => {
  it('is what the tables say', () => {
    expect(upperBound(0, 100)).toBeCloseTo(0.02951, 4);
    expect(upperBound(1, 100)).toBeCloseTo(0.04656, 4);
    expect(upperBound(5, 20)).toBeCloseTo(0.4556, 3);
  });

  it('is nothing but 1 where nothing is known', () => {
    expect(upperBound(0, 0)).toBe(1);
    expect(upperBound(7, 7)).toBe(1);
  });
});
