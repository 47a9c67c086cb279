import { describe, expect, it } from 'vitest';
import { CounterRandom } from '../../../core/random.ts';
import { Lasting } from './lasting.ts';

const random = new CounterRandom(5);
const calm = (i: number): number => Math.abs(random.at(0, i).normal());

function after(values: readonly number[]): { lasting: Lasting; rows: number } {
  const lasting = new Lasting();
  values.forEach((q, rows) => lasting.learn(q, rows));
  return { lasting, rows: values.length };
}

const CALM = Array.from({ length: 3000 }, (_, i) => calm(i));
const LEAPING = CALM.map((q, i) => (i % 40 === 7 ? 60 : q));

describe('what lasts', () => {
  it('of calm rows is about as large as they are', () => {
    const { lasting, rows } = after(CALM);
    expect(lasting.of(1, rows)).toBeGreaterThan(0.4);
    expect(lasting.of(1, rows)).toBeLessThan(1.2);
  });

  it('is seen in the first row where rows are calm, and not where they leap', () => {
    const calmly = after(CALM);
    const wildly = after(LEAPING);
    const alone = calmly.lasting.of(60, calmly.rows) / calmly.lasting.of(1, calmly.rows);
    const amongMany = wildly.lasting.of(60, wildly.rows) / wildly.lasting.of(1, wildly.rows);
    expect(alone).toBeGreaterThan(50);
    expect(amongMany).toBeLessThan(10);
  });

  it('falls off once a short fault is over, and stays up while a long one lasts', () => {
    const { lasting, rows } = after(CALM);
    const said: number[] = [];
    for (let i = 0; i < 60; i++) {
      const q = i < 5 || i >= 40 ? 30 : 1;
      said.push(lasting.of(q, rows + i));
      lasting.learn(q, rows + i);
    }
    expect(Math.max(...said.slice(0, 5))).toBeGreaterThan(5 * Math.max(...said.slice(10, 40)));
    expect(Math.min(...said.slice(44))).toBeGreaterThan(5 * Math.max(...said.slice(10, 40)));
  });

  it('takes the same leap for less the longer it has looked', () => {
    const { lasting } = after(CALM);
    expect(lasting.of(60, 20_000)).toBeLessThan(lasting.of(60, 200));
    // Beyond these the longest mean alone counts more, which is calm here.
    expect(lasting.of(60, 50_000) / lasting.of(60, 20_000)).toBeGreaterThan(0.95);
    expect(lasting.of(60, 10) / lasting.of(60, 200)).toBeLessThan(1.05);
    expect(lasting.of(60, 2000) / lasting.of(60, 200)).toBeLessThan(0.8);
  });

  it('counts one row at most ten times the usual size, so that it is soon as before', () => {
    const { lasting } = after([...CALM, 1e9, ...CALM]);
    const calmly = after([...CALM, 1, ...CALM]).lasting;
    expect(lasting.of(30, 6001)).toBeGreaterThan(0.5 * calmly.of(30, 6001));
  });

  it('is told by the longest mean from how long, not from how much, once that is known', () => {
    const ends = (rows: number, fault: readonly number[]): number => {
      const { lasting } = after([...Array.from({ length: rows }, (_, i) => calm(i)), ...fault, ...CALM.slice(0, 40)]);
      return lasting.of(1, rows);
    };
    const long = Array.from({ length: 300 }, () => 4);
    const short = Array.from({ length: 6 }, () => 200);
    const none = ends(9000, []);
    expect(ends(9000, long)).toBeGreaterThan(1.5 * none);
    // The same sum within 6 rows.
    expect(ends(9000, long) / ends(9000, short)).toBeGreaterThan(ends(300, long) / ends(300, short));
  });
});
