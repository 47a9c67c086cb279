import { describe, expect, it } from 'vitest';
import { made, most, normals, saidOf } from '../testing/said.ts';
import { robust } from './robust.ts';

const make = (options: object = {}, width = 1) => robust.create({ window: 100, min_spread: 0, ...options }, width);
const median = (xs: readonly number[]): number => {
  const sorted = [...xs].sort((a, b) => a - b);
  return (sorted[(sorted.length - 1) >> 1] + sorted[sorted.length >> 1]) / 2;
};

describe('robust', () => {
  it('scores by median and MAD of the window before the value', () => {
    const said = saidOf(make({ window: 5 }), [1, 2, 3, 4, 100, 8]);
    expect(said.slice(0, 5).every(({ score }) => Number.isNaN(score))).toBe(true);
    expect(said[5].expected).toBe(3);
    expect(said[5].above).toBeCloseTo(1.482602218505602, 12);
    expect(said[5].below).toBe(said[5].above);
    expect(said[5].score).toBeCloseTo(5 / 1.482602218505602, 12);
  });

  it('equals a plain computation at every row', () => {
    const xs = normals(400);
    const said = saidOf(make({ window: 37 }), xs);
    for (let i = 30; i < xs.length; i++) {
      const held = xs.slice(Math.max(0, i - 37), i);
      const center = median(held);
      const mad = median(held.map((x) => Math.abs(x - center)));
      expect(said[i].score).toBeCloseTo((Math.abs(xs[i] - center) * 0.6744897501960817) / mad, 10);
    }
  });

  it('is warm after 30 values, the window, or min_points', () => {
    const first = (options: object) => saidOf(make(options), normals(200)).findIndex(({ score }) => !Number.isNaN(score));
    expect([first({}), first({ window: 12 }), first({ min_points: 50 }), first({ window: 40, min_points: 90 })]).toEqual([30, 12, 50, 40]);
  });

  it('finds a spike though two in five values are outliers, and is silent without', () => {
    const xs = normals(3000).map((x, i) => (i % 5 < 2 ? 1000 * (i % 3) + x : x));
    const said = saidOf(make(), xs);
    expect(said[2999].above).toBeLessThan(5);
    expect(most(saidOf(make(), normals(3000)))).toBeLessThan(7);
    expect(most(saidOf(make(), normals(3000)).filter(({ score }) => score > 5))).toBeNaN();
    expect(saidOf(make(), [...normals(500), 8])[500].score).toBeGreaterThan(5);
  });

  it('does not take the rarer ones of a few whole numbers for outliers, but a new one', () => {
    const xs = made(600, (i) => (i % 10 === 0 ? 1 : i % 7 === 0 ? 2 : 0));
    expect(most(saidOf(make(), xs).slice(100))).toBeLessThan(3);
    expect(saidOf(make(), [...xs, 50])[600].score).toBeGreaterThan(20);
  });

  it('measures no less than min_spread, and takes missing values as not there', () => {
    expect(saidOf(make({ min_spread: 2 }), [...made(60, () => 5), 11])[60].score).toBe(3);
    const xs = normals(300);
    const holes = saidOf(
      make(),
      xs.flatMap((x) => [x, NaN]),
    );
    expect(holes.filter((_, i) => i % 2 === 0).map(({ score }) => score)).toEqual(saidOf(make(), xs).map(({ score }) => score));
    expect(holes[301].expected).toBe(holes[302].expected);
    expect(holes[301].score).toBeNaN();
  });
});
