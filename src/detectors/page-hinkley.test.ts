import { describe, expect, it } from 'vitest';
import { apart, made, most, normals, saidOf } from '../testing/said.ts';
import { pageHinkley } from './page-hinkley.ts';

const DEFAULTS = { allowance: 0.1, limit: 50, span: 200, clip: 4, min_points: 50, min_spread: 0 };
const make = (options: object = {}, width = 1) => pageHinkley.create({ ...DEFAULTS, ...options }, width);

/** By its definition: the sum of the deviations less its smallest value so far, and its largest value so far less the sum. */
function naive(xs: readonly number[], { allowance, limit, span, clip, min_points, min_spread }: typeof DEFAULTS): number[] {
  const alpha = 2 / (span + 1);
  let begin = 0;
  let sums = { up: 0, low: 0, down: 0, high: 0 };
  return xs.map((x, n) => {
    if (n - begin < min_points) return NaN;
    const weights = made(n, (i) => (1 - alpha) ** (n - 1 - i));
    const total = weights.reduce((a, b) => a + b, 0);
    const level = xs.slice(0, n).reduce((sum, y, i) => sum + y * weights[i], 0) / total;
    const squares = xs.slice(0, n).reduce((sum, y, i) => sum + (y - level) ** 2 * weights[i], 0);
    const deviation = Math.sqrt(squares / (total - weights.reduce((sum, w) => sum + w * w, 0) / total));
    const mean = xs.slice(begin, n).reduce((a, b) => a + b, 0) / (n - begin);
    const z = Math.max(-clip, Math.min(clip, (x - mean) / Math.max(deviation, min_spread)));
    sums.up += z - allowance;
    sums.low = Math.min(sums.low, sums.up);
    sums.down += z + allowance;
    sums.high = Math.max(sums.high, sums.down);
    const score = Math.max(sums.up - sums.low, sums.high - sums.down) / limit;
    if (score > 1) {
      begin = n;
      sums = { up: 0, low: 0, down: 0, high: 0 };
    }
    return score;
  });
}

describe('page-hinkley', () => {
  it.each([{}, { allowance: 0.5 }, { limit: 8 }, { span: 20 }, { clip: 1.2 }, { min_points: 10 }, { min_spread: 2 }])(
    'equals its definition with %j',
    (options) => {
      const xs = normals(300).map((x, i) => x + (i >= 100 ? 1.5 : 0) - (i >= 200 ? 4 : 0));
      const said = saidOf(make(options), xs);
      expect(apart(said, naive(xs, { ...DEFAULTS, ...options }))).toBeLessThan(1e-9);
      said.forEach(({ score, drift }) => expect(drift).toBe(score > 1));
    },
  );

  it('reports a slow leak as a drift, upwards and downwards, and none where there is none', () => {
    expect(saidOf(make(), normals(5000)).some(({ drift }) => drift)).toBe(false);
    for (const side of [1, -1]) {
      const said = saidOf(
        make(),
        normals(3000).map((x, i) => x + side * Math.max(0, i - 1000) * 0.005),
      );
      const first = said.findIndex(({ drift }) => drift);
      expect(first).toBeGreaterThan(1000);
      expect(first).toBeLessThan(1600);
    }
  });

  it('reports a change once, and warms up with what comes after it', () => {
    const said = saidOf(
      make(),
      normals(2000).map((x, i) => x + (i >= 1000 ? 3 : 0)),
    );
    const drifts = said.flatMap(({ drift }, i) => (drift ? [i] : []));
    expect(drifts).toHaveLength(1);
    expect(drifts[0]).toBeLessThan(1030);
    expect(said.slice(drifts[0] + 1, drifts[0] + 50).every(({ score }) => Number.isNaN(score))).toBe(true);
    expect(said[drifts[0] + 50].score).toBeGreaterThanOrEqual(0);
    expect(said[drifts[0] + 50].expected).toBeCloseTo(3, 0);
  });

  it('takes missing values as not there', () => {
    const xs = normals(300);
    const holes = saidOf(
      make(),
      xs.flatMap((x) => [x, Infinity]),
    );
    expect(holes.filter((_, i) => i % 2 === 0).map(({ score }) => score)).toEqual(saidOf(make(), xs).map(({ score }) => score));
    expect(most(holes.filter((_, i) => i % 2 === 1))).toBeNaN();
  });
});
