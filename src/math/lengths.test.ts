import { describe, expect, it } from 'vitest';
import { LENGTH_STATE, Lengths } from './lengths.ts';

function known(...lengths: number[]): Lengths {
  const all = new Lengths(new Float32Array(LENGTH_STATE));
  for (const length of lengths) all.add(length);
  return all;
}
const repeated = (n: number, length: number): number[] => Array.from({ length: n }, () => length);

/** Weights of the lengths, each weighing 1 / 10,000 less than the next; how much of them reaches a length. */
const weight = (from: number, to: number, n: number): number => {
  let sum = 0;
  for (let i = from; i < to; i++) sum += (1 - 1 / 10_000) ** (n - 1 - i);
  return sum;
};

describe('the surprise of a length', () => {
  it('is -log10 of the part of the lengths that reach it', () => {
    const lengths = known(...repeated(100, 1), ...repeated(10, 4), ...repeated(5, 16));
    const total = weight(0, 115, 115);
    expect(lengths.surprise(1, 10)).toBeCloseTo(0, 5);
    expect(lengths.surprise(2, 10)).toBeCloseTo(-Math.log10((weight(100, 115, 115) + 1) / (total + 1)), 5);
    expect(lengths.surprise(4, 10)).toBe(lengths.surprise(2, 10));
    expect(lengths.surprise(5, 10)).toBeCloseTo(-Math.log10((weight(110, 115, 115) + 1) / (total + 1)), 5);
  });

  it('goes on beyond what was reached three times as an exponential tail with that length as its mean', () => {
    const lengths = known(...repeated(96, 1), 64, ...repeated(3.5, 16), 16);
    const total = weight(0, 101, 101);
    // 64 was reached once; 16 four times and with it five, in a bin that ends at 2^4.25.
    const longest = 2 ** 4.25;
    expect(lengths.surprise(16, 10)).toBeLessThan(1.5);
    expect(lengths.surprise(60, 10)).toBeCloseTo(Math.log10((total + 1) / 4) + ((60 - longest) / longest) * Math.LOG10E, 4);
    expect(lengths.surprise(200, 10)).toBeCloseTo(Math.log10((total + 1) / 4) + ((200 - longest) / longest) * Math.LOG10E, 4);
    expect(lengths.surprise(1e9, 10)).toBe(20);
  });

  it('falls by no less than a tail of 1.5 where all are 1', () => {
    const lengths = known(...repeated(100, 1));
    const first = lengths.surprise(10, 10);
    expect(first).toBeCloseTo(Math.log10((weight(0, 100, 100) + 1) / 4) + ((10 - 2 ** 0.25) / 1.5) * Math.LOG10E, 4);
    expect(lengths.surprise(13, 10) - first).toBeCloseTo((3 / 1.5) * Math.LOG10E, 5);
  });

  it('is 0 while too few are known', () => {
    expect(known(...repeated(9, 1)).surprise(50, 10)).toBe(0);
    expect(known(...repeated(10, 1)).surprise(50, 10)).toBeGreaterThan(3);
    expect(known().surprise(50, 0)).toBe(0);
  });

  it('forgets a length after some ten thousand others, over any number of them', () => {
    const lengths = known(...repeated(5, 1000), ...repeated(10_000, 1));
    expect(lengths.surprise(900, 10)).toBeGreaterThan(20 - 1e-9);
    const kept = known(...repeated(9, 1000), ...repeated(10_000, 1));
    expect(kept.surprise(900, 10)).toBeLessThan(3.5);
    const long = known(...repeated(60_000, 3));
    expect(long.surprise(3, 10)).toBeCloseTo(0, 3);
    expect(long.surprise(300, 10)).toBeCloseTo(20, 5);
    expect(long.surprise(8, 10)).toBeCloseTo(Math.log10(9976 / 4) + ((8 - 2 ** 1.75) / 2 ** 1.75) * Math.LOG10E, 2);
  });
});
