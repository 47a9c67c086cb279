import { describe, expect, it } from 'vitest';
import type { Threshold } from '../core/contracts.ts';
import { CounterRandom } from '../core/random.ts';
import { excessAt, fitTail } from '../math/tail.ts';
import { budget } from './budget.ts';

const HOUR = 3_600_000;
const WEEK = 168 * HOUR;
const STEP = HOUR / 12;
const random = new CounterRandom(51);
const normal = (stream: number, i: number): number => Math.abs(random.at(stream, i).normal());

/** Anomalous stretches (farther apart than `merge`) of scores that come every five minutes. */
function stretches(threshold: Threshold, scores: (i: number) => number, n: number, merge = HOUR, timeOf = (i: number) => i * STEP): number {
  let count = 0;
  let last = -Infinity;
  for (let i = 0; i < n; i++) {
    const time = timeOf(i);
    if (!(scores(i) > threshold.limit(time, scores(i)))) continue;
    if (time - last > merge) count++;
    last = time;
  }
  return count;
}

const CLEAN: Record<string, (stream: number) => (i: number) => number> = {
  normal: (stream) => (i) => normal(stream, i),
  'heavy tail': (stream) => (i) =>
    normal(stream, i) / Math.sqrt((normal(100 + stream, i) ** 2 + normal(200 + stream, i) ** 2 + normal(300 + stream, i) ** 2) / 3),
  'hanging together': (stream) => (i) => normal(stream, i >> 5) + 0.1 * normal(100 + stream, i),
  'nearly always 0': (stream) => (i) => (random.at(stream, i).uniform() < 0.01 ? random.at(100 + stream, i).uniform() : 0),
  '0 or 1': (stream) => (i) => (random.at(stream, i).uniform() < 0.0015 ? 1 : 0),
  'with a day and a night': (stream) => (i) => normal(stream, i) * (1 + 0.5 * Math.sin((2 * Math.PI * i) / 288)),
};

describe('budget', () => {
  for (const [name, scores] of Object.entries(CLEAN)) {
    it(`of two a week gives one to four a week: ${name}`, () => {
      let first = 0;
      let later = 0;
      for (let stream = 0; stream < 8; stream++) {
        const threshold = budget.create({ alerts: 2, per: WEEK });
        first += stretches(threshold, scores(stream), 2016);
        later += stretches(
          threshold,
          (i) => scores(stream)(2016 + i),
          3 * 2016,
          HOUR,
          (i) => WEEK + i * STEP,
        );
      }
      expect(first / 8).toBeGreaterThan(1);
      expect(first / 8).toBeLessThan(4);
      expect(later / 24).toBeGreaterThan(1);
      expect(later / 24).toBeLessThan(name === '0 or 1' ? 3.2 : 2.8);
    });
  }

  it('counts by the time that it is given, however often scores come', () => {
    const count = (chosen: { alerts: number; per: number }, every: number, n: number) =>
      stretches(budget.create(chosen), CLEAN['normal'](7), n, chosen.per / chosen.alerts / 84, (i) => i * every);
    expect(count({ alerts: 20, per: 24 * HOUR }, HOUR / 60, 8 * 1440)).toBeGreaterThan(130);
    expect(count({ alerts: 20, per: 24 * HOUR }, HOUR / 60, 8 * 1440)).toBeLessThan(190);
    // One score a day: 400 days are 13.3 months of two.
    expect(count({ alerts: 2, per: 720 * HOUR }, 24 * HOUR, 400)).toBeGreaterThan(20);
    expect(count({ alerts: 2, per: 720 * HOUR }, 24 * HOUR, 400)).toBeLessThan(34);
  });

  it('has no limit for the first eight blocks, and then what the tail of their maxima says', () => {
    const threshold = budget.create({ alerts: 2, per: WEEK });
    const maxima = [5, 3, 8, 1, 9, 2, 7, 4];
    maxima.forEach((peak, hour) => {
      expect(threshold.limit(hour * HOUR, 0)).toBe(Infinity);
      expect(threshold.limit(hour * HOUR + HOUR / 2, peak)).toBe(Infinity);
      expect(threshold.limit(hour * HOUR + HOUR - 1, 0)).toBe(Infinity);
    });
    // Above the median, 4, lie 5, 7, 8 and 9: half of the maxima. One in 84 is wanted.
    const { shape, scale } = fitTail(Float64Array.of(1, 3, 4, 5), 4, 0, 0.2);
    const tail = { shape: shape + 1 / 4, scale };
    expect(threshold.limit(8 * HOUR, 0)).toBeCloseTo(4 + excessAt(tail, (2 / 168) * 2), 9);
  });

  it('raises the limit for each stretch that begins, one that flickers counting once', () => {
    const after = (hits: (minute: number) => boolean, merge?: number): number => {
      const threshold = budget.create({ alerts: 2, per: WEEK, ...(merge === undefined ? {} : { merge }) });
      for (let i = 0; i < 400; i++) threshold.limit((i * HOUR) / 4, normal(9, i));
      for (let minute = 0; minute < 300; minute++) threshold.limit(100 * HOUR + minute * 60_000, hits(minute) ? 50 : 0);
      for (let hour = 105; hour < 120; hour++) threshold.limit(hour * HOUR, normal(9, hour));
      return threshold.limit(120 * HOUR, 0);
    };
    const none = after(() => false);
    const once = after((minute) => minute === 10);
    expect(once).toBeGreaterThan(none);
    expect(after((minute) => minute >= 10 && minute < 60 && minute % 7 < 3)).toBe(once);
    expect(after((minute) => minute === 10 || minute === 250)).toBeGreaterThan(once);
    // With a merge time of five minutes the same flickering is many.
    expect(after((minute) => minute === 10 || minute === 30 || minute === 50, 5 * 60_000)).toBeGreaterThan(after((minute) => minute === 10, 5 * 60_000));
  });

  it('takes a stretch that lasts for more than a day for how the scores are now', () => {
    const threshold = budget.create({ alerts: 2, per: WEEK });
    for (let i = 0; i < 2016; i++) threshold.limit(i * STEP, normal(1, i));
    const high = (i: number): number => 100 + normal(2, i);
    let ended = NaN;
    for (let i = 0; i < 2016 && Number.isNaN(ended); i++) if (high(i) <= threshold.limit(WEEK + i * STEP, high(i))) ended = i / 12;
    expect(ended).toBeGreaterThan(24);
    expect(ended).toBeLessThan(48);
    const again = budget.create({ alerts: 2, per: WEEK });
    for (let i = 0; i < 2016; i++) again.limit(i * STEP, normal(1, i));
    const limits = Array.from({ length: 30 * 12 }, (_, i) => again.limit(WEEK + i * STEP, high(i)));
    // The hour in which it begins counts as a maximum; the next 24 do not.
    expect(limits.flatMap((limit, i) => (i > 0 && limit > limits[i - 1] ? [i / 12] : []))).toEqual([1, 25, 26, 27, 28, 29]);
  });

  it('counts no time in which there are no scores', () => {
    // Scores for four hours of each day: the same number of alerts must come of a sixth of the time.
    const timeOf = (i: number): number => Math.floor(i / 48) * 24 * HOUR + (i % 48) * STEP;
    let count = 0;
    for (let stream = 0; stream < 4; stream++) count += stretches(budget.create({ alerts: 2, per: WEEK }), CLEAN['normal'](stream), 48 * 70, HOUR, timeOf);
    expect(count / 40).toBeGreaterThan(1.4);
    expect(count / 40).toBeLessThan(2.8);
  });

  it('comes nearer to the rate than the tail alone where scores grow all the time', () => {
    const growing = (i: number): number => 10 ** (i / (12 * 2016)) * normal(3, i);
    const count = stretches(budget.create({ alerts: 2, per: WEEK }), growing, 12 * 2016);
    expect(count / 12).toBeGreaterThan(1);
    expect(count / 12).toBeLessThan(3.6);
  });

  it('has these limits, to the last digits', () => {
    // Four scores an hour with a gap of three hours after every hundredth; the third place is within a memory of 256 hours, the others beyond.
    const limits = (merge: { merge?: number }): number[] => {
      const threshold = budget.create({ alerts: 2, per: WEEK, ...merge });
      const all = Array.from({ length: 2400 }, (_, i) => threshold.limit((i / 4 + Math.floor(i / 100) * 3) * HOUR, normal(20, i)));
      return [100, 240, 403, 1000, 2399].map((i) => all[i]);
    };
    [3.0322061674626295, 2.8641201157829066, 2.7698072064368024, 2.9630709877408634, 3.002096613109348].forEach((limit, i) =>
      expect(limits({})[i]).toBeCloseTo(limit, 9),
    );
    [3.0375823342188877, 2.8739189418873043, 2.704136072485933, 2.9484470380518553, 2.99062297228328].forEach((limit, i) =>
      expect(limits({ merge: 2 * HOUR })[i]).toBeCloseTo(limit, 9),
    );
  });
});
