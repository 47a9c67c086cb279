import { describe, expect, it } from 'vitest';
import { made, most, normals, saidOf } from '../testing/said.ts';
import { adwin } from './adwin.ts';

const make = (options: object = {}, width = 1) => adwin.create({ delta: 0.002, score: 'drift', min_points: 30, min_spread: 0, ...options }, width);

describe('adwin', () => {
  it('reports a drift where the mean moved, at once or slowly, and none where it did not', () => {
    expect(saidOf(make(), normals(4000)).some(({ drift }) => drift)).toBe(false);
    const jump = saidOf(
      make(),
      normals(2000).map((x, i) => x + (i >= 1000 ? 2 : 0)),
    );
    const drifts = jump.flatMap(({ drift }, i) => (drift ? [i] : []));
    expect(drifts.length).toBeGreaterThan(0);
    expect(drifts[0]).toBeGreaterThan(1000);
    expect(drifts[0]).toBeLessThan(1060);
    expect(jump.at(-1)!.expected).toBeCloseTo(2, 0);
    expect(
      saidOf(
        make(),
        normals(2000).map((x, i) => x + Math.max(0, i - 1000) * 0.004),
      ).some(({ drift }) => drift),
    ).toBe(true);
  });

  it('scores by the largest cut, a drift being above 1, or by the deviation from the window', () => {
    const xs = normals(600).map((x, i) => x + (i >= 300 ? 3 : 0));
    const drift = saidOf(make(), xs);
    drift.forEach((one) => expect(one.drift).toBe(one.score > 1));
    expect(drift[100].below).toBeNaN();
    const deviation = saidOf(make({ score: 'deviation' }), xs);
    expect(deviation.map((one) => one.drift)).toEqual(drift.map((one) => one.drift));
    expect(deviation[100].score).toBeCloseTo(Math.abs(xs[100] - deviation[100].expected) / deviation[100].above, 12);
    const held = xs.slice(0, 100);
    const mean = held.reduce((a, b) => a + b, 0) / 100;
    expect(deviation[100].expected).toBeCloseTo(mean, 12);
    expect(deviation[100].above).toBeCloseTo(Math.sqrt(held.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 100), 10);
    expect(saidOf(make({ score: 'deviation' }), [...made(50, () => 5), 500])[50].score).toBe(1e6);
    expect(saidOf(make({ score: 'deviation', min_spread: 2 }), [...made(50, () => 5), 11])[50].score).toBe(3);
  });

  it('is more cautious with a smaller delta', () => {
    const xs = normals(1000).map((x, i) => x + (i >= 500 ? 1 : 0));
    const first = (delta: number) => saidOf(make({ delta }), xs).findIndex(({ drift }) => drift);
    expect(first(0.2)).toBeLessThan(first(1e-6));
    expect(most(saidOf(make({ delta: 0.2 }), normals(400)))).toBeGreaterThan(most(saidOf(make({ delta: 1e-6 }), normals(400))));
  });

  it('is warm after min_points and takes missing values as not there', () => {
    const xs = normals(300);
    expect(saidOf(make(), xs).findIndex(({ score }) => !Number.isNaN(score))).toBe(30);
    expect(saidOf(make({ min_points: 8 }), xs).findIndex(({ score }) => !Number.isNaN(score))).toBe(8);
    const holes = saidOf(
      make(),
      xs.flatMap((x) => [x, NaN]),
    );
    expect(holes.filter((_, i) => i % 2 === 0).map(({ score }) => score)).toEqual(saidOf(make(), xs).map(({ score }) => score));
  });
});
