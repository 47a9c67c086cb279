import { describe, expect, it } from 'vitest';
import type { IncidentRecord } from '../core/contracts.ts';
import { emptyVerdicts } from '../core/verdicts.ts';
import { contributing } from './contributions.ts';
import { afterwards, duration, measured, named } from './words.ts';

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

  it('names the columns of a row that made it unusual', () => {
    const v = emptyVerdicts(3, 1);
    v.length = 1;
    v.values.set([41, 97.854, NaN]);
    v.shares.set([8, 182, 65]);
    v.score[0] = 0.71;
    const parts = contributing(v, 0, ['cpu', 'latency', 'load']);
    expect(parts).toEqual([
      { column: 'latency', value: 97.854, share: 0.714 },
      { column: 'load', value: null, share: 0.255 },
    ]);
    expect(measured(v, 0, '', 'is', parts)).toBe('is unusual in latency 97.85 (71%) and load (26%) (score 0.7)');
    expect(contributing(v, 0, [])).toBe(undefined);
    v.shares.fill(0);
    expect(contributing(v, 0, ['cpu', 'latency', 'load'])).toBe(undefined);
  });

  it('says at the end what was unusual at its worst', () => {
    const contributions = [{ column: 'memory', value: 88.2, share: 0.9 }];
    const peak = { series: 'host=a', time: 5, value: null, score: 0.8, expected: null, unit: '', contributions };
    const record = { series: ['host=a'], startedAt: 0, updatedAt: 60_000, endedAt: 60_000, anomalies: 12, peak } as unknown as IncidentRecord;
    expect(afterwards(record)).toBe('host=a was unusual in memory 88.2 (90%) at its worst (score 0.8); 12 anomalies in 1m');
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
