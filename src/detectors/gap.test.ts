import { describe, expect, it } from 'vitest';
import { CounterRandom } from '../core/random.ts';
import { made, most, restored, saidOf } from '../testing/said.ts';
import { gap } from './gap.ts';

const DEFAULTS = { span: 500, usual_missing: 0.01, min_points: 30 };
const make = (options: object = {}, width = 1) => gap.create({ ...DEFAULTS, ...options }, width);
const LIMIT = gap.threshold.options.limit as number;
const random = new CounterRandom(9);
const flat = made(2000, () => 1);

describe('gap', () => {
  it('finds a row that comes far too late, and only that', () => {
    const said = saidOf(make(), flat, (i) => i * 1000 + (i >= 1000 ? 20_000 : 0));
    expect(said.flatMap(({ score }, i) => (score > LIMIT ? [i] : []))).toEqual([1000]);
    expect(most(saidOf(make(), flat, (i) => i * 1000))).toBeLessThan(0.01);
    expect(most(saidOf(make(), flat, (i) => i * 1000 + (i >= 1000 ? 1000 : 0)))).toBeLessThan(LIMIT);
  });

  it('is silent where rows come irregularly, and where times repeat or go back', () => {
    let time = 0;
    expect(most(saidOf(make(), flat, (i) => (time -= 1000 * Math.log(1 - random.at(0, i).uniform()))))).toBeLessThan(LIMIT);
    expect(most(saidOf(make(), flat, (i) => Math.floor(i / 2) * 1000))).toBeLessThan(0.5);
    expect(most(saidOf(make(), flat, (i) => (i < 1000 ? i : i - 1000) * 1000))).toBeLessThan(0.5);
  });

  it('finds values that are missing in a series that has them, and gets used to it within a few spans', () => {
    const xs = flat.map((x, i) => (i >= 1000 && i < 1900 ? NaN : x));
    const said = saidOf(make({ span: 100 }), xs);
    expect(most(said.slice(0, 1000))).toBeLessThan(0.01);
    expect(said[1000].score).toBeCloseTo(Math.log10(0.505 / 0.01), 10);
    expect(said[1001].score).toBeCloseTo(2 * Math.log10(0.505 / 0.01), 1);
    expect(said[1003].score).toBeGreaterThan(LIMIT);
    expect(said[1350].score).toBeLessThan(LIMIT);
    expect(said[1910].score).toBeLessThan(LIMIT);
  });

  it('is silent where as many are always missing', () => {
    const holes = flat.map((x, i) => (random.at(1, i).uniform() < 0.3 ? NaN : x));
    expect(most(saidOf(make(), holes))).toBeLessThan(LIMIT);
    expect(
      most(
        saidOf(
          make(),
          flat.map((x, i) => (i % 2 === 0 ? NaN : x)),
        ),
      ),
    ).toBeLessThan(1);
  });

  it('counts evidence by usual_missing where nothing was ever missing', () => {
    const last = (options: object) => saidOf(make(options), [...made(100, () => 1), NaN])[100].score;
    expect(last({ usual_missing: 0.1 })).toBeCloseTo(Math.log10(0.55 / 0.1), 10);
    expect(last({})).toBeCloseTo(Math.log10(0.505 / 0.01), 10);
  });

  it('counts evidence against the share that is usually missing', () => {
    const said = saidOf(make(), [...made(100, (i) => (i % 4 === 0 ? NaN : 1)), NaN]);
    expect(said[100].score).toBeCloseTo(Math.log10(0.625 / 0.25), 10);
  });

  it('comes down again by half of the odds with each value that is there', () => {
    const said = saidOf(make({ usual_missing: 0.1 }), [...made(100, () => 1), NaN, NaN, 1]);
    expect(said[102].score).toBeGreaterThan(said[101].score + Math.log10(0.5) - 0.02);
    expect(said[102].score).toBeLessThan(said[101].score + Math.log10(0.5) + 0.02);
  });

  it('says which column is missing, each by what it usually misses', () => {
    const rows = made(300, (i) => i).flatMap((i) => [NaN, 1, i >= 280 ? NaN : 1]);
    const said = saidOf(make({}, 3), rows, (i) => i * 1000, 3);
    expect(said[285].score).toBe(6);
    expect(said[285].contributions[2]).toBeGreaterThan(0.98);
    expect(said[285].contributions.reduce((a, b) => a + b)).toBeCloseTo(1, 12);
    expect(most(said.slice(0, 280))).toBeLessThan(1);
    const late = saidOf(make({}, 3), rows, (i) => i * 1000 + (i >= 250 ? 90_000 : 0), 3);
    expect(late[250].score).toBeGreaterThan(LIMIT);
    expect(late[250].contributions[0]).toBeNaN();
  });

  it('is warm after min_points rows, with values or without', () => {
    expect(
      saidOf(
        make(),
        made(100, () => NaN),
      ).findIndex(({ score }) => !Number.isNaN(score)),
    ).toBe(30);
    expect(saidOf(make({ min_points: 10 }), flat).findIndex(({ score }) => !Number.isNaN(score))).toBe(10);
  });

  it('keeps every column in a snapshot', () => {
    const first = make({}, 2);
    saidOf(
      first,
      made(200, (i) => (i % 6 < 2 ? NaN : 1)),
      (i) => i * 1000 + (i % 3) * 100,
      2,
    );
    const next = [1, NaN, NaN, NaN, 1, NaN];
    const times = (i: number) => 130_000 + i * 7000;
    expect(saidOf(restored(gap, first, DEFAULTS, 2), next, times, 2)).toEqual(saidOf(first, next, times, 2));
  });
});
