import { describe, expect, it } from 'vitest';
import { emptyVerdicts } from '../core/verdicts.ts';
import { duration, measured, named } from './words.ts';

function said(values: number[], expected: number, lower: number, upper: number, score: number, unit = ''): string {
  const v = emptyVerdicts(values.length, 1);
  v.length = 1;
  v.values.set(values);
  v.expected[0] = expected;
  v.lower[0] = lower;
  v.upper[0] = upper;
  v.score[0] = score;
  return measured(v, 0, unit, 'is');
}

describe('what is said of a verdict', () => {
  it('shows value and expectation as exactly as the band asks for', () => {
    expect(said([812.3], 203.2, 172, 234, 19.64, 'ms')).toBe('is 812 ms, expected 203 ± 31 (score 19.6)');
    expect(said([0.01234], 0.01, 0.0097, 0.0103, 7.8, 'm/s')).toBe('is 0.01234 m/s, expected 0.01000 ± 0.00030 (score 7.8)');
    expect(said([97.5], 40, 35, 45, 11, '%')).toBe('is 97.5%, expected 40.0 ± 5.0 (score 11.0)');
  });

  it('shows bytes with the prefix that suits the larger of value and expectation', () => {
    expect(said([23_748_771], 301_979, 0, 6_118_428, 46, 'B/s')).toBe('is 23.7 MB/s, expected 0.3 ± 3.1 (score 46.0)');
    expect(said([812], 203, 172, 234, 19.64, 'B')).toBe('is 812 B, expected 203 ± 31 (score 19.6)');
  });

  it('leaves out what is not known', () => {
    expect(said([5], NaN, NaN, NaN, 4)).toBe('is 5 (score 4.0)');
    expect(said([1234567.8], 1000, NaN, NaN, 432.1)).toBe('is 1234568, expected 1000 (score 432)');
    expect(said([5], 4, 4, 4, Infinity)).toBe('is 5, expected 4 (score Infinity)');
    expect(said([0.93, 0.411111], NaN, NaN, NaN, 7.1)).toBe('is (0.93, 0.4111) (score 7.1)');
  });
});

describe('duration', () => {
  it.each([
    [0, '0s'],
    [250, '250ms'],
    [30_000, '30s'],
    [90_000, '1m 30s'],
    [3_600_000, '1h'],
    [90_061_001, '1d 1h'],
  ])('%i ms is %s', (ms, text) => expect(duration(ms)).toBe(text));
});

describe('named', () => {
  it.each([
    [['a'], 'a'],
    [['a', 'b'], 'a and b'],
    [['a', 'b', 'c', 'd'], 'a, b and 2 more'],
  ])('%j is %s', (series, text) => expect(named(series)).toBe(text));
});
