import { describe, expect, it } from 'vitest';
import { ago, areFine, bytes, count, duration, rate, score, time, value } from './format.ts';

describe('format', () => {
  it('shows values with four significant digits and their unit', () => {
    expect(value(200.934, 'ms')).toBe('200.9 ms');
    expect(value(100_512_345, 'B/s')).toBe('100.5 MB/s');
    expect(value(9_512, 'B')).toBe('9,512 B');
    expect(value(0)).toBe('0');
    expect(value(12_345.6)).toBe('12,346');
    expect(value(0.0000123)).toBe('1.230e-5');
    expect(value(null)).toBe('–');
    expect(value(Number.NaN)).toBe('–');
  });

  it('shows counts, rates and sizes at their scale', () => {
    expect(count(12_400)).toBe('12,400');
    expect(count(12_400_000)).toBe('12.4 M');
    expect(rate(9.83)).toBe('9.8/s');
    expect(rate(12_400)).toBe('12.4 k/s');
    expect(bytes(3_355_443)).toBe('3.2 MiB');
    expect(bytes(512)).toBe('512 B');
    expect([score(2.3456), score(1234.5), score(1e6), score(null)]).toEqual(['2.35', '1,235', '1M', '–']);
  });

  it('shows durations with at most two units', () => {
    expect(duration(0.4)).toBe('0.4 ms');
    expect(duration(4200)).toBe('4.2 s');
    expect(duration(200_000)).toBe('3 min 20 s');
    expect(duration(3_600_000)).toBe('1 h');
    expect(duration(187_200_000)).toBe('2 d 4 h');
  });

  it('names the day of a time that is not today', () => {
    const now = new Date(2024, 9, 3, 12, 0, 0).getTime();
    expect(time(now - 60_000, now)).toBe('11:59:00');
    expect(time(now - 86_400_000, now)).toBe('2 Oct, 12:00:00');
    expect(time(now - 59_955, now, true)).toBe('11:59:00.045');
    expect([areFine([5300, 4100, 4000]), areFine([5300, 4100, 3900]), areFine([])]).toEqual([true, false, false]);
    expect(time(now - 400 * 86_400_000, now)).toContain('2023');
    expect(ago(now - 12_000, now)).toBe('12 s ago');
    expect(ago(now + 60_000, now)).toBe('in 1 min');
  });
});
