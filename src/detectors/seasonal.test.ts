import { describe, expect, it } from 'vitest';
import { made, most, normals, saidOf, type Said } from '../testing/said.ts';
import { seasonal } from './seasonal.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** A Monday. */
const MONDAY = Date.UTC(2026, 0, 5);
const DEFAULTS = { utc_offset: 0, holidays: [] as string[], period: true, adapt_points: 300, min_points: 30, min_spread: 0 };
const make = (options: object = {}) => seasonal.create({ ...DEFAULTS, ...options }, 1);
const LIMIT = seasonal.threshold.options.k as number;
const every = (step: number) => (i: number) => MONDAY + i * step;

/** Root mean square of expected less the truth. */
function errorOf(said: readonly Said[], truth: (i: number) => number, from: number, to: number): number {
  let squares = 0;
  for (let i = from; i < to; i++) squares += (said[i].expected - truth(i)) ** 2;
  return Math.sqrt(squares / (to - from));
}

const perDay = 288;
const daily = (i: number): number => 10 * Math.sin((2 * Math.PI * i) / perDay);

describe('seasonal', () => {
  it('knows the hour of the day after two days', () => {
    const n = perDay * 14;
    const said = saidOf(
      make(),
      normals(n).map((x, i) => daily(i) + x),
      every(5 * MINUTE),
    );
    expect(errorOf(said, daily, 3 * perDay, n)).toBeLessThan(0.7);
    expect(errorOf(said, daily, 7 * perDay, n)).toBeLessThan(0.35);
    expect(said[n - 1].above).toBeGreaterThan(0.85);
    expect(said[n - 1].above).toBeLessThan(1.2);
    expect(most(said)).toBeLessThan(LIMIT);
  });

  it('finds what is unusual for its hour though usual at another', () => {
    const n = perDay * 10;
    const xs = normals(n).map((x, i) => daily(i) + x);
    const at = n - perDay / 2 + perDay / 4;
    xs[at] = 5;
    expect(daily(at)).toBeCloseTo(-10, 5);
    const said = saidOf(make(), xs, every(5 * MINUTE));
    expect(said[at].score).toBeGreaterThan(10);
    expect(said[at].score).toBe(Math.abs(5 - said[at].expected) / said[at].above);
  });

  it('finds a season that moved by a quarter', () => {
    const n = perDay * 12;
    const xs = normals(n).map((x, i) => daily(i >= n - perDay ? i + perDay / 4 : i) + x);
    const said = saidOf(make(), xs, every(5 * MINUTE));
    expect(most(said.slice(0, n - perDay))).toBeLessThan(LIMIT);
    expect(said.slice(n - perDay).filter(({ score }) => score > LIMIT).length).toBeGreaterThan(perDay / 4);
  });

  it('knows the day of the week', () => {
    const truth = (i: number): number => (Math.floor(i / 24) % 7 >= 5 ? 2 : 10) * Math.sin((2 * Math.PI * i) / 24) + 20;
    const n = 24 * 7 * 12;
    const said = saidOf(
      make(),
      normals(n).map((x, i) => truth(i) + 0.5 * x),
      every(HOUR),
    );
    expect(errorOf(said, truth, n - 24 * 7, n)).toBeLessThan(1.2);
    const flat = (i: number): number => 10 * Math.sin((2 * Math.PI * i) / 24) + 20;
    expect(errorOf(said, flat, n - 48, n)).toBeGreaterThan(3);
  });

  it('has a day of its own for holidays, in local time', () => {
    // Weekdays are busy, weekends and 1 and 2 April (Wednesday and Thursday) are not.
    const offset = 6;
    const isHoliday = (day: number): boolean => [20, 41, 62, 86, 87].includes(day);
    const local = (i: number): number => i + offset;
    const truth = (i: number): number => (Math.floor(local(i) / 24) % 7 >= 5 || isHoliday(Math.floor(local(i) / 24)) ? 0 : 20);
    const n = 24 * 87;
    const xs = normals(n).map((x, i) => truth(i) + 0.5 * x);
    const dates = ['2026-01-25', '2026-02-15', '2026-03-08', '2026-04-01', '2026-04-02'];
    expect(dates.map((date) => Math.round((Date.parse(date) - MONDAY) / DAY))).toEqual([20, 41, 62, 86, 87]);
    const holiday = (options: object) => saidOf(make({ utc_offset: offset, ...options }), xs, every(HOUR))[86 * 24 + 8 - offset].expected;
    expect(holiday({})).toBeGreaterThan(15);
    expect(holiday({ holidays: dates })).toBeLessThan(12);
    expect(holiday({ holidays: dates, utc_offset: -14 })).toBeGreaterThan(12);
  });

  it('finds another period by itself, and says so', () => {
    const truth = (i: number): number => 10 * Math.sin((2 * Math.PI * i) / 50);
    const n = 5000;
    const xs = normals(n).map((x, i) => truth(i) + x);
    const detector = make();
    const said = saidOf(detector, xs, every(MINUTE));
    expect(errorOf(said, truth, n - 500, n)).toBeLessThan(0.8);
    expect(detector.describe!()).toEqual(['a value every 1 minutes', 'a period of 50 minutes, used']);
    const without = make({ period: false });
    expect(errorOf(saidOf(without, xs, every(MINUTE)), truth, n - 500, n)).toBeGreaterThan(5);
    expect(without.describe!()).toEqual(['a value every 1 minutes']);
  });

  it('gives a period up that is over', () => {
    const detector = make();
    saidOf(
      detector,
      normals(6000).map((x, i) => (i < 3000 ? 10 * Math.sin((2 * Math.PI * i) / 50) : 0) + x),
      every(MINUTE),
    );
    expect(detector.describe!().join()).not.toContain(', used');
  });

  it('follows a trend', () => {
    const truth = (i: number): number => 0.02 * i;
    const n = 20_000;
    const said = saidOf(
      make(),
      normals(n).map((x, i) => truth(i) + x),
      every(5 * MINUTE),
    );
    expect(errorOf(said, truth, n - 1000, n)).toBeLessThan(2);
    expect(most(said.slice(1000))).toBeLessThan(LIMIT);
  });

  it('stays high for a new level until it has lasted adapt_points, then takes it for normal', () => {
    const xs = normals(3000).map((x, i) => x + (i >= 1500 ? 8 : 0));
    const said = saidOf(make(), xs, every(MINUTE));
    expect(said.slice(1500, 1799).every(({ score }) => score > 3)).toBe(true);
    expect(most(said.slice(1805))).toBeLessThan(LIMIT);
    expect(said[2999].above).toBeLessThan(1.2);
    expect(saidOf(make({ adapt_points: 20 }), xs, every(MINUTE))[1530].score).toBeLessThan(LIMIT);
    const flat = saidOf(
      make(),
      made(1000, (i) => (i < 500 ? 5 : 6)),
      every(MINUTE),
    );
    expect(flat[500].score).toBe(1e6);
    expect(flat[999].score).toBeLessThan(1);
  });

  it('is moved little by outliers', () => {
    const xs = normals(3000).map((x, i) => (i % 100 === 99 ? 1e6 : x));
    const said = saidOf(make(), xs, every(MINUTE));
    expect(said[2998].above).toBeLessThan(1.5);
    expect(Math.abs(said[2998].expected)).toBeLessThan(0.6);
  });

  it('widens its band where values beyond are no exception', () => {
    const xs = made(20_000, (i) => (i % 16 === 5 ? 1 : 0));
    expect(most(saidOf(make({ period: false }), xs, every(7 * 1000)).slice(5000))).toBeLessThan(LIMIT + 2);
  });

  it('works at irregular and repeated times, over gaps, and treats missing values as not there', () => {
    const xs = normals(1000);
    const times = (i: number): number => MONDAY + Math.floor(i / 3) * MINUTE + (i >= 500 ? 40 * DAY : 0) - (i >= 800 ? DAY : 0);
    expect(most(saidOf(make(), xs, times))).toBeLessThan(LIMIT);
    expect(most(saidOf(make(), xs, () => MONDAY))).toBeLessThan(LIMIT);
    const holes = saidOf(
      make(),
      xs.flatMap((x) => [x, NaN]),
      (i) => MONDAY + Math.floor(i / 2) * MINUTE,
    );
    expect(holes.filter((_, i) => i % 2 === 0).map(({ score }) => score)).toEqual(saidOf(make(), xs, every(MINUTE)).map(({ score }) => score));
    expect(holes[501].score).toBeNaN();
    expect(holes[501].expected).not.toBeNaN();
  });

  it('knows the usual interval, though times are repeated, and says it in a unit that fits', () => {
    const told = (step: number): string => {
      const detector = make({ period: false });
      saidOf(detector, normals(200), (i) => MONDAY + Math.floor(i / 2) * step);
      return detector.describe!().join();
    };
    expect([10_000, 5 * MINUTE, 2 * HOUR, 3 * DAY].map(told)).toEqual(['10 seconds', '5 minutes', '2 hours', '3 days'].map((said) => `a value every ${said}`));
    expect([1000, MINUTE, HOUR, DAY].map(told)).toEqual(['1 seconds', '1 minutes', '1 hours', '1 days'].map((said) => `a value every ${said}`));
  });

  it('is warm after min_points and measures no less than min_spread', () => {
    const xs = normals(200);
    expect(saidOf(make(), xs).findIndex(({ score }) => !Number.isNaN(score))).toBe(30);
    expect(saidOf(make({ min_points: 8 }), xs).findIndex(({ score }) => !Number.isNaN(score))).toBe(8);
    expect(saidOf(make({ min_spread: 2 }), [...made(60, () => 5), 11])[60].score).toBe(3);
  });
});

const GOLDEN: Record<string, number[]> = {
  days: [2.7474816960560986, 1.4997314418226537, 0.7444826506730617],
  'hours with holidays': [7.477799851997209, 1.9444743664353215, 0.912493910901574],
  'a period of seconds': [3.3013000449976873, 1.4586853040687375, 1.0958156681452365],
  'a period that changes': [0.05205866810406017, 3.0469335181411226, 0.7446316113299225],
  'rare values': [1.0208681577810146, 5.51867017202971, 0.515476368761296],
};

/** Numbers that any change of the way it learns would move: means of expected, spread and score over all rows that have a score. */
function summary(said: readonly Said[]): number[] {
  const scored = said.filter(({ score }) => !Number.isNaN(score));
  return [({ expected }: Said) => expected, ({ above }: Said) => above, ({ score }: Said) => Math.min(score, 20)].map(
    (of) => scored.reduce((sum, one) => sum + of(one), 0) / scored.length,
  );
}

describe('seasonal, to the digit', () => {
  const xs = normals(6000, 4);
  it.each([
    ['days', 5 * MINUTE, (i: number) => daily(i) * (i % 2016 >= 1440 ? 0.3 : 1) + 0.001 * i, []],
    ['hours with holidays', HOUR, (i: number) => (i % 168 < 120 ? 10 : 0), ['2026-01-14', '2026-02-20', '2026-03-03']],
    ['a period of seconds', 1000, (i: number) => (i % 60 < 20 ? 6 : 0) + (i >= 5000 ? 10 : 0), []],
    ['a period that changes', MINUTE, (i: number) => 5 * Math.sin((2 * Math.PI * i) / (i < 3500 ? 40 : 90)), []],
    ['rare values', 10_000, (i: number) => (i % 23 === 3 ? 40 : 0), []],
  ] as [string, number, (i: number) => number, string[]][])('%s', (name, step, truth, holidays) => {
    const said = saidOf(
      make({ holidays }),
      xs.map((x, i) => truth(i) + x),
      every(step),
    );
    summary(said).forEach((x, k) => expect(x).toBeCloseTo(GOLDEN[name][k], 9));
  });
});
