import { describe, expect, it } from 'vitest';
import { CounterRandom } from '../core/random.ts';
import { quantile } from './quantile.ts';

const random = new CounterRandom(21);

describe('quantile', () => {
  it('has no limit before it has seen 1 / (1 - q) scores, or as many as asked for', () => {
    const first = (chosen: { q: number; half_life: number; min_scores?: number }): number => {
      const threshold = quantile.create(chosen);
      let i = 0;
      while (threshold.limit(i * 1000, i % 7) === Infinity) i++;
      return i;
    };
    expect(first({ q: 0.99, half_life: 1000 })).toBe(100);
    expect(first({ q: 0.9, half_life: 1000 })).toBe(10);
    expect(first({ q: 0.99, half_life: 1000, min_scores: 3 })).toBe(3);
  });

  it('is the quantile of the scores before this one', () => {
    const threshold = quantile.create({ q: 0.75, half_life: 1e6, min_scores: 1 });
    const limits = [40, 10, 30, 20, 1e9].map((score) => threshold.limit(0, score));
    expect(limits[1]).toBeCloseTo(40, 3);
    expect(limits[2]).toBeCloseTo(40, 3);
    // 0.75 of 10, 20, 30, 40 lies between the middles of the last two.
    expect(limits[4]).toBeCloseTo(35, 3);
  });

  it('is crossed by 1 - q of the scores, and follows them by the half-life', () => {
    const threshold = quantile.create({ q: 0.98, half_life: 1000 });
    const crossed = [0, 0, 0];
    const n = 20_000;
    for (let i = 0; i < 3 * n; i++) {
      const part = Math.floor(i / n);
      const score = (part + 1) * Math.abs(random.at(0, i).normal());
      if (score > threshold.limit(i, score)) crossed[part]++;
    }
    expect(crossed[0] / n).toBeCloseTo(0.02, 2);
    for (const part of [1, 2]) {
      expect(crossed[part] / n).toBeGreaterThan(0.019);
      expect(crossed[part] / n).toBeLessThan(0.035);
    }
  });
});
