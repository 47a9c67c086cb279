import { describe, expect, it } from 'vitest';
import { made, most, normals, saidOf } from '../testing/said.ts';
import { flatline } from './flatline.ts';

const make = (options: object = {}, width = 1) => flatline.create({ tolerance: 0, min_points: 30, min_runs: 10, ...options }, width);
const LIMIT = flatline.threshold.options.limit as number;

describe('flatline', () => {
  it('finds a value that is stuck, and each time anew', () => {
    const xs = normals(4000);
    for (const begin of [1000, 2000, 3000]) for (let i = 0; i < 60; i++) xs[begin + i] = xs[begin];
    const said = saidOf(make(), xs);
    for (const begin of [1000, 2000]) {
      expect(most(said.slice(begin - 900, begin))).toBeLessThan(LIMIT);
      expect(said[begin + 20].score).toBeGreaterThan(LIMIT);
      expect(said[begin + 59].score).toBeGreaterThan(said[begin + 20].score);
      expect(said[begin + 60].score).toBeLessThan(1);
    }
  });

  it('is silent on a few whole numbers, whose runs are longer, until one is longer still', () => {
    const levels = normals(4000).map((x) => Math.round(x));
    expect(most(saidOf(make(), levels).slice(500))).toBeLessThan(LIMIT);
    expect(saidOf(make(), [...levels, ...made(70, () => 1)]).at(-1)!.score).toBeGreaterThan(LIMIT);
  });

  it('does not report what is normally constant, or constant at night', () => {
    expect(
      most(
        saidOf(
          make(),
          made(3000, () => 5),
        ),
      ),
    ).toBe(0);
    expect(
      most(
        saidOf(
          make(),
          made(5000, (i) => Math.floor(i / 500)),
        ),
      ),
    ).toBeLessThan(LIMIT);
    const nights = normals(6000).map((x, i) => (i % 300 < 100 ? 0 : x));
    expect(most(saidOf(make(), nights).slice(1500))).toBeLessThan(LIMIT);
  });

  it('scores a change by how rarely the series changes, to 3 at most', () => {
    const said = saidOf(make(), [...made(100, () => 5), 6]);
    // Of 100 values after the first one none differed; the mean begins at a half.
    expect(said[100].score).toBeCloseTo(-Math.log10(made(99, (k) => 1 - 1 / (k + 2)).reduce((a, b) => a * b, 0.5)), 10);
    expect(said[100].expected).toBe(5);
    expect(saidOf(make(), [...made(9000, () => 5), 6])[9000].score).toBeCloseTo(3, 10);
    expect(saidOf(make(), normals(200))[199].score).toBeLessThan(0.05);
    expect(saidOf(make(), normals(200))[199].expected).toBeNaN();
  });

  it('expects the value before where fewer than half of the values differ from it, else nothing', () => {
    // Steps up at `steps` of 25 rows.
    const expected = (steps: number): number => {
      let level = 0;
      const xs = made(2001, (i) => (level += i % 25 < 2 * steps && (i % 25) % 2 === 0 ? 1 : 0));
      return saidOf(make(), xs)[2000].expected - xs[1999];
    };
    expect([expected(12), expected(13)]).toEqual([0, NaN]);
  });

  it('takes values within the tolerance of the first one of a run for the same', () => {
    const creeping = [...made(300, (i) => i % 2), ...made(60, (i) => 1.005 + 0.01 * i)];
    expect(most(saidOf(make(), creeping))).toBeLessThan(1);
    expect(saidOf(make({ tolerance: 0.5 }), creeping)[340].score).toBeGreaterThan(LIMIT);
    expect(saidOf(make({ tolerance: 0.5 }), creeping)[350].score).toBeLessThan(1);
  });

  it('is warm after min_points, judges runs after min_runs, and takes missing values as not there', () => {
    const xs = normals(300);
    expect(saidOf(make(), xs).findIndex(({ score }) => !Number.isNaN(score))).toBe(30);
    expect(saidOf(make({ min_points: 8 }), xs).findIndex(({ score }) => !Number.isNaN(score))).toBe(8);
    const late = [...made(20, (i) => i), ...made(200, () => 7)];
    expect(most(saidOf(make({ min_runs: 50 }), late))).toBe(0);
    expect(most(saidOf(make({ min_runs: 15 }), late))).toBeGreaterThan(LIMIT);
    const holes = saidOf(
      make(),
      xs.flatMap((x) => [x, NaN]),
    );
    expect(holes.filter((_, i) => i % 2 === 0).map(({ score }) => score)).toEqual(saidOf(make(), xs).map(({ score }) => score));
  });
});
