import { describe, expect, it } from 'vitest';
import { combined } from './combination.ts';

const three = Float64Array.of(1, 4, NaN, 2);

describe('combined', () => {
  it('is the mean, the largest, or the mean of the odds, of those that are told', () => {
    expect(combined(three, 'mean')).toBeCloseTo(7 / 3, 12);
    expect(combined(three, 'max')).toBe(4);
    expect(combined(three, 'odds')).toBeCloseTo((Math.log10(0.9 / 0.1) + Math.log10(0.9999 / 0.0001) + Math.log10(0.99 / 0.01)) / 3, 12);
  });

  it('is NaN of none', () => {
    for (const way of ['mean', 'max', 'odds'] as const) expect(combined(Float64Array.of(NaN, NaN), way)).toBeNaN();
  });

  it('lets a member that finds nothing unusual speak against only as odds', () => {
    const usual = Float64Array.of(3, 0.01);
    expect(combined(usual, 'mean')).toBeCloseTo(1.505, 12);
    expect(combined(usual, 'odds')).toBeLessThan(0.7);
  });
});
