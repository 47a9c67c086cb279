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
    expect(lasting.of(60, 50_000)).toBe(lasting.of(60, 20_000));
    expect(lasting.of(60, 10)).toBe(lasting.of(60, 200));
  });

  it('counts one row at most ten times the usual size, so that it is soon as before', () => {
    const { lasting } = after([...CALM, 1e9, ...CALM]);
    const calmly = after([...CALM, 1, ...CALM]).lasting;
    expect(lasting.of(30, 6001)).toBeGreaterThan(0.5 * calmly.of(30, 6001));
  });
});
