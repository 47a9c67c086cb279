import { describe, expect, it } from 'vitest';
import { made, most, normals, saidOf } from '../testing/said.ts';
import { forecast } from './forecast.ts';

const DEFAULTS = { method: 'ar' as const, order: 8, memory: 1000, period: 0, alpha: 0.1, beta: 0.02, gamma: 0.2, clip: 3, min_points: 30, min_spread: 0 };
const make = (options: object = {}) => forecast.create({ ...DEFAULTS, ...options }, 1);
const winters = (options: object = {}) => make({ method: 'holt-winters', ...options });
const LIMIT = forecast.threshold.options.k as number;

/** x = 1.6 x' - .8 x'' + noise: a swing whose next value follows from the last two. */
function swinging(n: number): number[] {
  const xs = normals(n);
  for (let i = 2; i < n; i++) xs[i] += 1.6 * xs[i - 1] - 0.8 * xs[i - 2];
  return xs;
}

describe('forecast by autoregression', () => {
  it('comes close to what can be known', () => {
    const xs = swinging(4000);
    const said = saidOf(make(), xs);
    let squares = 0;
    for (let i = 3000; i < 4000; i++) squares += (xs[i] - said[i].expected) ** 2;
    expect(Math.sqrt(squares / 1000)).toBeCloseTo(1, 1);
    expect(said[3999].above).toBeGreaterThan(0.8);
    expect(said[3999].above).toBeLessThan(1.2);
    expect(said[3999].score).toBe(Math.abs(xs[3999] - said[3999].expected) / said[3999].above);
    expect(Math.abs(said[3999].expected - (1.6 * xs[3998] - 0.8 * xs[3997]))).toBeLessThan(0.5);
  });

  it('finds a value that does not follow, though it is usual, and is silent otherwise', () => {
    const xs = swinging(3000);
    expect(most(saidOf(make(), xs))).toBeLessThan(LIMIT);
    const at = 2500;
    const broken = xs.map((x, i) => (i === at ? -Math.sign(xs[at - 1]) * 6 : x));
    expect(Math.max(...xs.map(Math.abs))).toBeGreaterThan(7);
    expect(saidOf(make(), broken)[at].score).toBeGreaterThan(LIMIT);
  });

  it('looks back no farther than its order, and forgets within its memory', () => {
    const echo = normals(4000);
    for (let i = 6; i < 4000; i++) echo[i] = 0.9 * echo[i - 6] + 0.3 * echo[i];
    const error = (options: object) => saidOf(make(options), echo).at(-1)!.above;
    expect(error({ order: 6 })).toBeLessThan(0.45);
    expect(error({ order: 5 })).toBeGreaterThan(0.5);
    const turned = [...swinging(3000), ...normals(300).map((x) => 5 + x)];
    expect(Math.abs(saidOf(make({ memory: 50 }), turned).at(-1)!.expected - 5)).toBeLessThan(1.2);
  });

  it('of order 1 is, by hand, the mean and its pull', () => {
    const xs = [1, 3, 2, 4, 3];
    const said = saidOf(make({ order: 1, min_points: 5 }), [...xs, 0]);
    // The coefficient is solved for at rows 0 and 16, so it is 0 here and the mean is expected.
    expect(said[5].expected).toBeCloseTo(2.6, 12);
    const steady = saidOf(
      make({ order: 1 }),
      made(201, (i) => (i % 2 === 0 ? 1 : -1)),
    );
    expect(steady[200].expected).toBeGreaterThan(0.95);
    expect(steady[199].expected).toBeLessThan(-0.95);
  });
});

describe('forecast by Holt-Winters', () => {
  it('follows a trend and a season', () => {
    const xs = normals(3000).map((x, i) => i * 0.05 + 10 * Math.sin((2 * Math.PI * i) / 24) + 0.5 * x);
    const said = saidOf(winters({ period: 24 }), [...xs, 3000 * 0.05 + 5]);
    expect(most(said.slice(500, 3000))).toBeLessThan(LIMIT);
    expect(said[3000].score).toBeGreaterThan(LIMIT);
    expect(said[3000].above).toBeLessThan(0.8);
    expect(saidOf(winters(), xs).at(-1)!.above).toBeGreaterThan(2);
  });

  it('without a season is the smoothing of level and trend', () => {
    const xs = normals(60).map((x, i) => x + i);
    let level = xs[0];
    let trend = 0;
    for (let i = 1; i < 60; i++) {
      const before = level;
      const rate = Math.max(0.3, 1 / (i + 1));
      level = rate * xs[i] + (1 - rate) * (level + trend);
      trend = 0.2 * (level - before) + 0.8 * trend;
    }
    expect(saidOf(winters({ alpha: 0.3, beta: 0.2, clip: 1e6 }), [...xs, 0])[60].expected).toBeCloseTo(level + trend, 10);
  });

  it.each([5, 1])('with a season of %i is the smoothing of level, trend and offsets, begun with the mean of the first season', (period) => {
    const xs = normals(40).map((x, i) => x + i + (i % period) * 3);
    let level = xs[0];
    let trend = 0;
    const offsets = made(period, () => 0);
    for (let i = 1; i < 40; i++) {
      const before = level;
      const rate = i < period ? 1 / (i + 1) : Math.max(0.3, 1 / (i + 1));
      level = before + trend + rate * (xs[i] - offsets[i % period] - before - trend);
      if (i >= period) trend += 0.2 * (level - before - trend);
      offsets[i % period] += (i < period ? 1 : 0.4) * (xs[i] - level - offsets[i % period]);
    }
    const said = saidOf(winters({ period, alpha: 0.3, beta: 0.2, gamma: 0.4, clip: 1e6 }), [...xs, 0]);
    expect(said[40].expected).toBeCloseTo(level + trend + offsets[0], 10);
  });

  it('learns the seasonal offsets by gamma', () => {
    const xs = made(90, (i) => [0, 3, 9][i % 3]);
    const shifted = [...xs, 0, 3, 30];
    const next = (gamma: number) => {
      const said = saidOf(winters({ period: 3, gamma, alpha: 0.01, beta: 0, clip: 1e6 }), [...shifted, 0, 3, 9]);
      return said[95].expected;
    };
    expect(next(0.5)).toBeCloseTo(9 + 0.5 * 21, 0);
    expect(next(0.1)).toBeCloseTo(9 + 0.1 * 21, 0);
  });

  it('is warm after two seasons', () => {
    expect(saidOf(winters({ period: 40 }), normals(200)).findIndex(({ score }) => !Number.isNaN(score))).toBe(80);
    expect(saidOf(winters({ period: 5 }), normals(200)).findIndex(({ score }) => !Number.isNaN(score))).toBe(30);
  });
});

describe.each([
  ['ar', { order: 8 }],
  ['holt-winters', { period: 4 }],
])('forecast by %s', (method, own) => {
  const of = (options: object = {}) => make({ method, ...own, ...options });

  it('learns an outlier only to the clip', () => {
    const xs = normals(400);
    const said = saidOf(of(), [...xs, 1e6, 0, 0, 0, 0, 0]);
    expect(Math.abs(said[401].expected)).toBeLessThan(5);
    expect(said[401].above).toBeLessThan(1.3);
    expect(saidOf(of({ clip: 1e6 }), [...xs, 1e6, 0])[401].above).toBeGreaterThan(1000);
  });

  it('gets used to a new level, after noise and after none', () => {
    for (const noise of [1, 0]) {
      const said = saidOf(
        of(),
        normals(1500).map((x, i) => noise * x + (i >= 500 ? 100 : 0)),
      );
      expect(said[500].score).toBeGreaterThan(20);
      expect(said[1499].score).toBeLessThan(LIMIT);
      expect(said[1499].expected).toBeCloseTo(100, -1);
    }
  });

  it('takes a missing value for the expected one, so that steps stay equal', () => {
    const xs = made(400, (i) => [0, 5, 9, 5][i % 4]);
    const said = saidOf(
      of(),
      xs.map((x, i) => (i % 7 === 6 && i > 100 ? NaN : x)),
    );
    expect(Math.max(...said.slice(200).map(({ expected }, i) => Math.abs(expected - xs[200 + i])))).toBeLessThan(1);
    expect(said[111].score).toBeNaN();
    expect(said[111].expected).not.toBeNaN();
    expect(most(saidOf(of(), [NaN, NaN, ...xs]))).toBeGreaterThanOrEqual(0);
  });

  it('measures no less than min_spread', () => {
    expect(saidOf(of({ min_spread: 2 }), [...made(60, () => 5), 11])[60].score).toBe(3);
  });
});
