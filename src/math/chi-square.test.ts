import { describe, expect, it } from 'vitest';
import { chiSquareSigma } from './chi-square.ts';

describe('a chi-squared value in standard deviations', () => {
  it('agrees with tables of both distributions', () => {
    expect(chiSquareSigma(18.307, 10)).toBeCloseTo(1.6449, 2);
    expect(chiSquareSigma(3.94, 10)).toBeCloseTo(-1.6449, 2);
    expect(chiSquareSigma(13.277, 4)).toBeCloseTo(2.3263, 1);
    expect(chiSquareSigma(149.449, 100)).toBeCloseTo(3.0902, 2);
  });

  it('follows the formula to the last digits', () => {
    expect(chiSquareSigma(8, 1)).toBeCloseTo((2 - 7 / 9) / Math.sqrt(2 / 9), 12);
    expect(chiSquareSigma(0, 2)).toBeCloseTo(-8 / 3, 12);
  });
});
