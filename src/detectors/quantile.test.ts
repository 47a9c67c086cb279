import { describe, expect, it } from 'vitest';
import { made, most, normals, saidOf } from '../testing/said.ts';
import { quantile } from './quantile.ts';

const DEFAULTS = { lower: 0.05, upper: 0.05, half_life: 2000, min_points: 100, min_spread: 0 };
const make = (options: object = {}, width = 1) => quantile.create({ ...DEFAULTS, ...options }, width);
const LIMIT = quantile.threshold.options.limit as number;
/** 0 to 9,999 in an order that looks random. */
const spread = made(10_000, (i) => (i * 7919) % 10_000);

describe('quantile', () => {
  it('has a band from the lower to the upper quantile, each side measured for itself', () => {
    const said = saidOf(make({ lower: 0.2, upper: 0.02, half_life: 1e7 }), [...spread, 0, 9999]);
    const { expected, below, above } = said[10_000];
    expect(expected / 5000).toBeCloseTo(1, 1);
    expect((expected - below) / 2000).toBeCloseTo(1, 1);
    expect((expected + above) / 9800).toBeCloseTo(1, 2);
    expect(said[10_000].score).toBe(expected / below);
    expect(said[10_001].score).toBe((9999 - said[10_001].expected) / said[10_001].above);
  });

  it('reaches at least half of the way to the farther quantile, so that rare but usual values are not far out', () => {
    const rare = made(5000, (i) => (i % 50 === 49 ? 1 : 0));
    const said = saidOf(make({ half_life: 1e6 }), [...rare, 1]);
    expect(said[5000].expected).toBe(0);
    expect(said[5000].above).toBeCloseTo(0.5, 2);
    expect(said[5000].score).toBeCloseTo(2, 1);
    const below = saidOf(make({ half_life: 1e6 }), [...rare.map((x) => -x), -1])[5000];
    expect([below.below, below.score]).toEqual([expect.closeTo(0.5, 2), expect.closeTo(2, 1)]);
  });

  it('finds what lies far outside and is silent on lopsided values', () => {
    const durations = normals(6000).map((x) => Math.exp(x / 2));
    const said = saidOf(make(), [...durations, 40, -10]);
    expect(said.slice(100, 6000).filter(({ score }) => score > LIMIT).length).toBeLessThan(30);
    expect(said[6000].score).toBeGreaterThan(LIMIT);
    expect(said[6001].score).toBeGreaterThan(LIMIT);
    expect(most(saidOf(make(), normals(6000)))).toBeLessThan(LIMIT + 0.3);
  });

  it('forgets by half every half_life values', () => {
    const said = saidOf(make({ half_life: 100 }), [...made(1000, (i) => i % 10), ...made(1000, (i) => 100 + (i % 10))]);
    expect(said[1090].expected).toBeLessThan(10);
    expect(said[1140].expected).toBeGreaterThan(99);
    expect(saidOf(make({ half_life: 1e6 }), [...made(1000, (i) => i % 10), ...made(900, (i) => 100 + (i % 10))])[1899].expected).toBeLessThan(10);
  });

  it('goes on forgetting however long it has run', () => {
    const long = saidOf(make({ half_life: 100 }), [...made(20_000, (i) => i % 10), ...made(300, (i) => 100 + (i % 10))]);
    expect(long.at(-1)!.expected).toBeGreaterThan(99);
  });

  it('is warm after min_points, measures no less than min_spread, and takes missing values as not there', () => {
    const xs = normals(300);
    expect(saidOf(make(), xs).findIndex(({ score }) => !Number.isNaN(score))).toBe(100);
    expect(saidOf(make({ min_points: 40 }), xs).findIndex(({ score }) => !Number.isNaN(score))).toBe(40);
    expect(saidOf(make({ min_spread: 2 }), [...made(150, () => 5), 11])[150].score).toBe(3);
    expect(saidOf(make({ min_spread: 2 }), [...made(150, () => 5), -1])[150].score).toBe(3);
    const holes = saidOf(
      make(),
      xs.flatMap((x) => [x, NaN]),
    );
    expect(holes.filter((_, i) => i % 2 === 0).map(({ score }) => score)).toEqual(saidOf(make(), xs).map(({ score }) => score));
  });
});
