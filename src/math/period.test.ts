import { describe, expect, it } from 'vitest';
import { CounterRandom } from '../core/random.ts';
import { FINDER_STATE, PeriodFinder, periodOf, STRETCHES } from './period.ts';

const random = new CounterRandom(3);
const noise = (i: number): number => random.at(1, i).normal();
const values = (value: (i: number) => number) => Float32Array.from({ length: STRETCHES }, (_, i) => value(i));

/** Every period found in `n` values a second apart, with the row it was found at. */
function found(n: number, value: (i: number) => number, time = (i: number) => i * 1000): [row: number, period: number][] {
  const finder = new PeriodFinder(new Float64Array(FINDER_STATE), new Float32Array(STRETCHES));
  const all: [number, number][] = [];
  for (let i = 0; i < n; i++) {
    const period = finder.push(time(i), value(i), 1000);
    if (period === period) all.push([i, period]);
  }
  return all;
}

describe('the period of values', () => {
  it.each([7, 12.5, 40, 96.3, 160])('is found to a part of a place: %f', (period) => {
    expect(Math.abs(periodOf(values((i) => Math.sin((2 * Math.PI * i) / period) + 0.3 * noise(i))) / period - 1)).toBeLessThan(0.01);
  });

  it('is the shortest that explains them, not a multiple', () => {
    expect(periodOf(values((i) => (i % 25 < 3 ? 5 : 0)))).toBeCloseTo(25, 1);
  });

  it('is found beside a trend', () => {
    expect(periodOf(values((i) => i / 20 + Math.sin(i / 5)))).toBeCloseTo(10 * Math.PI, 0);
  });

  it('is not there in noise, in one value, in a line, nor when it was not seen three times', () => {
    for (let k = 0; k < 50; k++) expect(periodOf(values((i) => noise(i + k * 1000)))).toBeNaN();
    expect(periodOf(values(() => 3))).toBeNaN();
    expect(periodOf(values((i) => Math.sin((2 * Math.PI * i) / 200)))).toBeNaN();
  });

  it('is seldom seen in a random walk, which has none', () => {
    let seen = 0;
    for (let k = 0; k < 100; k++) {
      let level = 0;
      if (periodOf(values((i) => (level += noise(i + k * 1000)))) > 0) seen++;
    }
    expect(seen).toBeLessThan(15);
  });
});

describe('the finder of periods', () => {
  it('finds short periods first and long ones once three of them were seen', () => {
    const short = found(600, (i) => Math.sin((2 * Math.PI * i) / 30));
    expect(short[0][0]).toBe(512);
    expect(short[0][1]).toBeCloseTo(30_000, -2);
    const long = found(5000, (i) => Math.sin((2 * Math.PI * i) / 1000) + 0.2 * noise(i));
    expect(long[0][0]).toBe(4096);
    expect(long[0][1] / 1e6).toBeCloseTo(1, 2);
  });

  it('begins anew with short stretches after eight doublings', () => {
    const n = 512 * 2 ** 8 + 513;
    const rows = found(n, (i) => (i < 512 * 2 ** 8 ? 0 : Math.sin((2 * Math.PI * i) / 30)));
    expect(rows.map(([row]) => row)).toEqual([n - 1]);
  });

  it('takes values at irregular times, and gaps as nothing said', () => {
    const time = (i: number) => i * 1000 + (i > 200 ? 40_000 : 0) + (i % 3) * 200;
    expect(found(600, (i) => Math.sin((2 * Math.PI * time(i)) / 30_000), time)[0][1] / 30_000).toBeCloseTo(1, 2);
  });

  it('begins anew after a gap longer than all that it holds, and when time goes back', () => {
    const value = (i: number) => Math.sin((2 * Math.PI * i) / 30);
    expect(found(900, value, (i) => (i < 300 ? i : i + 5000) * 1000)[0][0]).toBe(812);
    expect(found(900, value, (i) => (i < 300 ? i : i - 5000) * 1000)[0][0]).toBe(812);
  });
});
