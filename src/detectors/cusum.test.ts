import { describe, expect, it } from 'vitest';
import { apart, made, most, normals, saidOf } from '../testing/said.ts';
import { cusum } from './cusum.ts';

const DEFAULTS = { allowance: 0.5, span: 500, clip: 4, most: 50, min_points: 50, min_spread: 0 };
const make = (options: object = {}, width = 1) => cusum.create({ ...DEFAULTS, ...options }, width);
const LIMIT = cusum.threshold.options.limit as number;

/** The two sums by their definition, with mean and standard deviation weighted by (1 - alpha)^k. */
function naive(xs: readonly number[], { allowance, span, clip, most: end, min_points, min_spread }: typeof DEFAULTS): number[] {
  const alpha = 2 / (span + 1);
  let up = 0;
  let down = 0;
  return xs.map((x, n) => {
    if (n < min_points) return NaN;
    const weights = made(n, (i) => (1 - alpha) ** (n - 1 - i));
    const total = weights.reduce((a, b) => a + b, 0);
    const mean = xs.slice(0, n).reduce((sum, y, i) => sum + y * weights[i], 0) / total;
    const squares = xs.slice(0, n).reduce((sum, y, i) => sum + (y - mean) ** 2 * weights[i], 0);
    const variance = squares / (total - weights.reduce((sum, w) => sum + w * w, 0) / total);
    const z = Math.max(-clip, Math.min(clip, (x - mean) / Math.max(Math.sqrt(variance), min_spread)));
    up = Math.min(end, Math.max(0, up + z - allowance));
    down = Math.min(end, Math.max(0, down - z - allowance));
    return Math.max(up, down);
  });
}

describe('cusum', () => {
  it.each([{}, { allowance: 0.2 }, { span: 30 }, { clip: 1.5 }, { most: 3 }, { min_points: 10 }, { min_spread: 3 }])(
    'equals the sums by their definition with %j',
    (options) => {
      const xs = normals(200).map((x, i) => x + (i >= 120 && i < 160 ? 2 : 0) - (i >= 170 ? 3 : 0));
      const said = saidOf(make(options), xs);
      expect(apart(said, naive(xs, { ...DEFAULTS, ...options }))).toBeLessThan(1e-9);
      expect(Math.max(...said.slice(60).map(({ score }) => score))).toBeGreaterThan(1);
    },
  );

  it('adds up by hand', () => {
    const said = saidOf(make({ min_points: 2, span: 3, allowance: 1 }), [0, 2, 9, 2]);
    // After 0 and 2 with alpha 1/2: mean 4/3, variance 2; 9 counts as 4 deviations, less 1.
    expect(said[2].expected).toBeCloseTo(4 / 3, 12);
    expect(said[2].score).toBe(3);
    // With 9, whose weight is 4/7, the mean is 40/7 and the variance 25.86; the sum falls by the deviation of 2 and by 1.
    expect(said[3].score).toBeCloseTo(3 - 1 - (40 / 7 - 2) / Math.sqrt(181 / 7), 12);
  });

  it('finds a shift of one standard deviation upwards and downwards, and is silent without one', () => {
    const calm = saidOf(make(), normals(5000));
    expect(most(calm)).toBeLessThan(LIMIT);
    expect(calm[0].expected).toBeNaN();
    for (const side of [1, -1]) {
      const shifted = saidOf(
        make(),
        normals(2000).map((x, i) => x + (i >= 1000 ? side : 0)),
      );
      expect(most(shifted.slice(0, 1000))).toBeLessThan(LIMIT);
      expect(most(shifted.slice(1000, 1080))).toBeGreaterThan(LIMIT);
    }
  });

  it('is not moved to its limit by one outlier, nor stays there for ever after a shift', () => {
    const xs = normals(4000).map((x, i) => (i === 1000 ? 1e6 : x));
    expect(most(saidOf(make(), xs))).toBeLessThan(LIMIT);
    const shifted = saidOf(
      make(),
      normals(6000).map((x, i) => x + (i >= 1000 ? 5 : 0)),
    );
    expect(most(shifted)).toBe(50);
    expect(most(shifted.slice(3000))).toBeLessThan(LIMIT);
  });

  it('takes missing values as not there', () => {
    const xs = normals(300);
    const holes = saidOf(
      make(),
      xs.flatMap((x) => [NaN, x, 1e151]),
    );
    expect(holes.filter((_, i) => i % 3 === 1).map(({ score }) => score)).toEqual(saidOf(make(), xs).map(({ score }) => score));
    expect(holes.every(({ score }, i) => i % 3 === 1 || Number.isNaN(score))).toBe(true);
  });
});
