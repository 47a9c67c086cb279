import { describe, expect, it } from 'vitest';
import { quantileOf } from './quantile.ts';

describe('quantileOf', () => {
  it('lies between neighbours in proportion', () => {
    const sorted = Float64Array.of(1, 2, 3, 4, 100);
    expect(quantileOf(sorted, 5, 0.5)).toBe(3);
    expect(quantileOf(sorted, 4, 0.5)).toBe(2.5);
    expect(quantileOf(sorted, 5, 0.95)).toBeCloseTo(80.8, 10);
    expect(quantileOf(sorted, 5, 0)).toBe(1);
    expect(quantileOf(sorted, 5, 1)).toBe(100);
    expect(quantileOf(sorted, 0, 0.5)).toBeNaN();
  });
});
