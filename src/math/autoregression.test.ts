import { describe, expect, it } from 'vitest';
import { levinson } from './autoregression.ts';

function solved(covariance: number[], order = covariance.length - 1): number[] {
  const coefficients = new Float64Array(order).fill(9);
  levinson(Float64Array.from(covariance), order, coefficients);
  return [...coefficients];
}

describe('the coefficients of an autoregression', () => {
  it('solve the equations of Yule and Walker', () => {
    const covariance = [4, 2.5, 1, -0.5, 0.3];
    const phi = solved(covariance);
    for (let i = 1; i <= 4; i++) {
      const sum = phi.reduce((total, one, j) => total + one * (i === j + 1 ? covariance[0] * 1.0001 : covariance[Math.abs(i - j - 1)]), 0);
      expect(sum).toBeCloseTo(covariance[i], 3);
    }
    expect(solved([2, 1])[0]).toBeCloseTo(0.5 / 1.0001, 12);
  });

  it('find the process that the covariances are of', () => {
    const [a, b] = [1.2, -0.5];
    const r1 = a / (1 - b);
    const r2 = a * r1 + b;
    const phi = solved([1, r1, r2, a * r2 + b * r1, a * (a * r2 + b * r1) + b * r2]);
    [a, b, 0, 0].forEach((want, k) => expect(Math.abs(phi[k] - want)).toBeLessThan(0.01));
  });

  it('are 0 for what does not vary, and stop where the covariances are none', () => {
    expect(solved([0, 0, 0])).toEqual([0, 0]);
    expect(solved([1, 1.5, 1])).toEqual([0.9995, 0]);
    expect(solved([1, -1.5, 1])).toEqual([-0.9995, 0]);
    const [first, second, third] = solved([1, 0.5, 3, 1]);
    expect(first).toBeCloseTo(0.5 - 0.5 * 0.9995, 3);
    expect(second).toBe(0.9995);
    expect(third).toBe(0);
  });
});
