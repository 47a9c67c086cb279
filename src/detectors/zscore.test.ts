import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { detectorOutput, type DetectorOutput } from '../core/contracts.ts';
import { ema } from './ema.ts';
import { sma } from './sma.ts';
import { isMissing, MAX_SCORE } from './zscore.ts';

const SMA = { window: 20, min_spread: 0 };
const EMA = { span: 19, min_spread: 0 };
const makers = {
  sma: (options: object = {}, width = 1) => sma.create({ ...SMA, ...options }, width),
  ema: (options: object = {}, width = 1) => ema.create({ ...EMA, ...options }, width),
};

function run(detector: ReturnType<typeof makers.sma>, values: readonly number[], width = 1): (DetectorOutput & { score: number })[] {
  const row = Float64Array.from(values);
  return Array.from({ length: row.length / width }, (_, i) => {
    const out = detectorOutput(width);
    const score = detector.score(i, row, i * width, out);
    detector.learn(i, row, i * width);
    return { ...out, score };
  });
}

const repeat = (n: number, value: (i: number) => number) => Array.from({ length: n }, (_, i) => value(i));

describe('isMissing', () => {
  it('holds for what is no number and for what lies beyond 1e150', () => {
    expect([0, -1, 1e150, -1e150].map(isMissing)).toEqual([false, false, false, false]);
    expect([NaN, Infinity, -Infinity, 1.000001e150, -1.000001e150].map(isMissing)).toEqual([true, true, true, true, true]);
  });
});

describe('sma', () => {
  it('scores a value against the window before it, in sample standard deviations', () => {
    const said = run(makers.sma({ window: 4 }), [1, 2, 3, 4, 10]);
    expect(said.slice(0, 4).every(({ score }) => Number.isNaN(score))).toBe(true);
    expect(said[4].expected).toBe(2.5);
    expect(said[4].score).toBeCloseTo(7.5 / Math.sqrt(5 / 3), 12);
    expect(said[4].above).toBeCloseTo(Math.sqrt(5 / 3), 12);
  });

  it('is warm after `window` values, or after `min_points`, missing ones not counted', () => {
    const values = [1, NaN, 2, 1, 2, 1, 2, 1];
    expect(run(makers.sma({ window: 5 }), values).findIndex(({ score }) => !Number.isNaN(score))).toBe(6);
    expect(run(makers.sma({ window: 5, min_points: 3 }), values).findIndex(({ score }) => !Number.isNaN(score))).toBe(4);
  });
});

describe('ema', () => {
  it('weighs a value k steps back by (1 - alpha)^k, from the first value on', () => {
    const said = run(makers.ema({ alpha: 0.5, min_points: 2 }), [1, 2, 4, 8, 20]);
    const weights = [1 / 15, 2 / 15, 4 / 15, 8 / 15];
    const mean = 1 * weights[0] + 2 * weights[1] + 4 * weights[2] + 8 * weights[3];
    expect(said[4].expected).toBeCloseTo(mean, 12);
    const biased = [1, 2, 4, 8].reduce((sum, x, i) => sum + weights[i] * (x - mean) ** 2, 0);
    const unbiased = biased / (1 - weights.reduce((sum, w) => sum + w * w, 0));
    expect(said[4].above).toBeCloseTo(Math.sqrt(unbiased), 12);
    expect(said[4].score).toBeCloseTo((20 - mean) / Math.sqrt(unbiased), 12);
  });

  it('takes alpha in place of the span, and is warm after the span that belongs to it', () => {
    const values = repeat(60, (i) => Math.sin(i * i));
    expect(run(makers.ema({ alpha: 0.1, span: 500 }), values)).toEqual(run(makers.ema({ span: 19 }), values));
    expect(run(makers.ema({ alpha: 0.1 }), values).findIndex(({ score }) => !Number.isNaN(score))).toBe(19);
  });
});

describe.each(Object.entries(makers))('%s', (_, make) => {
  const last = (values: readonly number[], options = {}) => run(make(options), values).at(-1)!;

  it('scores nothing in a flat series and any real change of it high, but finite', () => {
    for (const level of [0, 0.1, -7, 1e-12, 1e12]) {
      expect(last(repeat(100, () => level)).score).toBe(0);
      const step = last([...repeat(100, () => level), level + Math.max(Math.abs(level), 1) * 1e-3]).score;
      expect(step).toBeGreaterThan(1000);
      expect(step).toBeLessThanOrEqual(MAX_SCORE);
    }
  });

  it('ignores the rounding of a flat series', () => {
    expect(last([...repeat(100, () => 0.3), 0.1 + 0.2]).score).toBeLessThan(1);
  });

  it('ignores changes below min_spread', () => {
    expect(last([...repeat(100, () => 5), 6], { min_spread: 0.5 }).score).toBe(2);
  });

  it('finds a change of 20 among changes of 1 at the level 1e12, and scores the usual ones low', () => {
    const usual = repeat(200, (i) => 1e12 + ((i * i * 7) % 5));
    expect(
      Math.max(
        ...run(make(), usual)
          .slice(20)
          .map(({ score }) => score),
      ),
    ).toBeLessThan(4);
    expect(last([...usual, 1e12 + 20]).score).toBeGreaterThan(6);
  });

  it('scores the same whatever the unit of the values', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 40, maxLength: 80 }),
        fc.constantFrom(2 ** -60, 2 ** -300, 2 ** 60, 2 ** 300),
        (values, unit) => {
          const plain = run(make(), values).map(({ score }) => score);
          const scaled = run(
            make(),
            values.map((x) => x * unit),
          ).map(({ score }) => score);
          expect(scaled).toEqual(plain);
        },
      ),
    );
  });

  it('does not report a rising counter, and reports that it started again', () => {
    const counter = repeat(300, (i) => i * 1000);
    expect(
      Math.max(
        ...run(make(), counter)
          .slice(20)
          .map(({ score }) => score),
      ),
    ).toBeLessThan(3);
    expect(last([...counter, 0]).score).toBeGreaterThan(10);
  });

  it('gets used to a new level, with and without learn_cap', () => {
    const values = [...repeat(100, (i) => i % 3), ...repeat(100, (i) => 1000 + (i % 3))];
    expect(run(make(), values).at(-1)!.score).toBeLessThan(3);
    expect(run(make({ learn_cap: 3 }), values).at(-1)!.score).toBeLessThan(3);
    const flat = [...repeat(100, () => 5), ...repeat(100, () => 6)];
    expect(run(make({ learn_cap: 3 }), flat).at(-1)!.score).toBeLessThan(3);
  });

  it('does not widen its band for a spike when learn_cap is set', () => {
    const values = [...repeat(100, (i) => i % 3), 10_000];
    const after = (options: object) => run(make(options), [...values, 1]).at(-1)!.above;
    expect(after({})).toBeGreaterThan(1000);
    expect(after({ learn_cap: 3 })).toBeLessThan(2);
  });

  it('treats NaN, the infinities and values beyond 1e150 as missing', () => {
    const values = repeat(60, (i) => Math.sin(i * i));
    const want = run(make(), values).map(({ score }) => score);
    for (const hole of [NaN, Infinity, -Infinity, 1e151, -Number.MAX_VALUE]) {
      const said = run(
        make(),
        values.flatMap((x) => [x, hole]),
      ).map(({ score }) => score);
      expect(said.filter((_, i) => i % 2 === 0)).toEqual(want);
      expect(said.every((score, i) => i % 2 === 0 || Number.isNaN(score))).toBe(true);
    }
  });

  it('scores a row by its most unusual column, leaving out missing ones', () => {
    const columns = [repeat(60, () => NaN), repeat(60, (i) => Math.sin(i * i)), repeat(60, (i) => 50 + Math.cos(i * i))];
    columns[1][50] = 1000;
    const rows = repeat(180, (i) => columns[i % 3][Math.floor(i / 3)]);
    const single = columns.map((values) => run(make(), values).map(({ score }) => score));
    const said = run(make({}, 3), rows, 3);
    said.forEach(({ score, expected, above }, i) => {
      expect(score).toBe(Math.max(single[1][i], single[2][i]));
      expect([expected, above]).toEqual([NaN, NaN]);
    });
    expect(said[50].score).toBeGreaterThan(100);
  });
});
