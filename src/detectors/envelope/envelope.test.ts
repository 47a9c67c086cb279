import { describe, expect, it } from 'vitest';
import { detectorOutput, resetOutput } from '../../core/contracts.ts';
import { sampleOptions } from '../../testing/options.ts';
import { Envelope, TUNING } from './engine.ts';
import { DAY, HOUR, MINUTE, noise, run, seasonal, START } from './envelope.fixture.ts';
import { envelope } from './index.ts';
import { Seasons } from './seasons.ts';
import { addUp, gather, paceOf, windowsAt } from './windows.ts';

/** The novelty of each value, written down from the formulae: every window summed afresh, without gaps, counters and clock changes. */
function naive(values: readonly number[], interval: number): number[] {
  const pace = Math.min(2, Math.max(1, interval / (5 * MINUTE)));
  const window = (w: number) => Math.round(w / pace);
  const views = Array.from({ length: 12 }, () => ({ mean: 0, high: 0, low: 0, count: 0 }));
  const day = new Map<number, { mean: number; count: number }>();
  const week = new Map<number, { mean: number; count: number }>();
  const slot = (slots: typeof day, key: number) => slots.get(key) ?? slots.set(key, { mean: 0, count: 0 }).get(key)!;
  let size = 0;
  return values.map((x, n) => {
    const last = (w: number, skip = 0) => values.slice(Math.max(0, n + 1 - w - skip), n + 1 - skip);
    const mean = (w: number, skip = 0) => last(w, skip).reduce((a, b) => a + b, 0) / w;
    const full = (w: number, value: () => number) => (n + 1 >= w ? value() : NaN);
    size += (Math.abs(x) - size) / Math.min(n + 1, 2000);
    const hour = Math.floor((START + n * interval) / HOUR);
    const [ofDay, ofWeek] = [slot(day, hour % 24), slot(week, hour % 168)];
    const seen = [x, Math.asinh(x / (0.01 * size))];
    for (const w of [32, 64, 128, 256]) seen.push(full(w, () => x - mean(w)));
    for (const w of [window(32), window(128)]) seen.push(full(2 * w, () => mean(w) - mean(w, w)));
    for (const w of [window(5), window(10), window(30)]) seen.push(full(w, () => Math.min(...last(w))));
    seen.push(ofDay.count > 0 ? x - ofDay.mean - ofWeek.mean : NaN);
    const least = 0.01 * (views[0].high - views[0].low);
    const surprise = seen.map((v, k) => {
      const { mean: mu, high, low, count } = views[k];
      if (!(count >= 64 / pace) || v === mu || (k >= 8 && k <= 10 && v < mu)) return NaN;
      const floor = k === 1 ? 0.01 * (high - low) : least;
      const reach = k === 6 || k === 7 ? Math.max(high - mu, mu - low) : v > mu ? high - mu : mu - low;
      return Math.min(100, Math.abs(v - mu) / Math.max(reach, floor));
    });
    const groups = [surprise.slice(0, 2), surprise.slice(2, 6), surprise.slice(6, 8), surprise.slice(8, 11), surprise.slice(11)];
    const novelty = groups.map((group) => {
      const speaking = group.filter((u) => u === u);
      return speaking.length === 0 ? -1 : (speaking.reduce((sum, u) => sum + u ** 4, 0) / speaking.length) ** 0.25 - 1;
    });
    seen.forEach((v, k) => {
      const view = views[k];
      if (v !== v) return;
      if (view.count++ === 0) view.mean = view.high = view.low = v;
      view.mean += (v - view.mean) / Math.min(view.count, 1000);
      view.high = Math.max(v, view.high - ((view.high - view.mean) * Math.LN2 * pace) / 22_000);
      view.low = Math.min(v, view.low + ((view.mean - view.low) * Math.LN2 * pace) / 22_000);
    });
    ofDay.mean += (x - ofDay.mean) / Math.min(++ofDay.count, Math.max(16, (10 * HOUR) / interval));
    ofWeek.mean += (x - ofDay.mean - ofWeek.mean) / Math.min(++ofWeek.count + 2, Math.max(8, (5 * HOUR) / interval));
    return n >= 64 / pace ? Math.max(...novelty) : NaN;
  });
}

describe('envelope novelty', () => {
  for (const [name, interval] of Object.entries({ minute: MINUTE, 'five minutes': 5 * MINUTE, 'seven minutes': 7 * MINUTE, hour: HOUR })) {
    it(`is what its formulae say, with a value every ${name}`, () => {
      const values = seasonal(3000, interval, 3);
      values[1700] += 30;
      for (let row = 2000; row < 2400; row++) values[row] += row < 2200 ? 15 : -15;
      const expected = naive(values, interval);
      // The engine knows the interval from the second value on: what the first one taught fades.
      run(values, interval).forEach(({ novelty }, row) => {
        if (row < 64 / paceOf(interval)) expect(novelty, `row ${row}`).toBeNaN();
        else expect(novelty, `row ${row}`).toBeCloseTo(expected[row], 4);
      });
    });
  }

  it('tells a spike and a new level once each', () => {
    const values = Array.from({ length: 1200 }, (_, row) => 10 + noise(row) + (row === 600 ? 30 : 0) + (row >= 900 ? 80 : 0));
    const said = run(values);
    const onsets = said.flatMap(({ onset }, row) => (onset > 0.6 && row > 300 ? [row] : []));
    expect(onsets).toEqual([600, 900]);
  });

  it('grades an onset by the limit in force, which an onset raises for a while', () => {
    const engine = new Envelope();
    run(
      Array.from({ length: 300 }, (_, row) => row % 2),
      5 * MINUTE,
      engine,
    );
    const margin = (n: number) => 0.05 * (Math.log(22_000) / Math.log(n)) * (1 + 4 * 2 ** (-n / 150));
    expect(engine.limit).toBeCloseTo(margin(300), 10);
    engine.score(START + 300 * 5 * MINUTE, 3);
    expect(engine.onset).toBeCloseTo(engine.novelty / (engine.novelty + margin(300)), 12);
    expect(engine.onset).toBeGreaterThan(0.5);
    engine.learn();
    expect(engine.limit).toBeCloseTo(margin(301) + 0.12, 10);
    run(new Array<number>(300).fill(0.5), 5 * MINUTE, engine, (row) => START + (301 + row) * 5 * MINUTE);
    expect(engine.limit).toBeCloseTo(margin(601) + 0.06, 10);
    run(new Array<number>(22_000).fill(0.5), 5 * MINUTE, engine, (row) => START + (601 + row) * 5 * MINUTE);
    expect(engine.limit).toBeCloseTo(0.05, 10);
  });

  it('seldom tells the values of plain noise, also while it knows few of them', () => {
    const told = Array.from({ length: 60 }, (_, stream) => run(Array.from({ length: 1500 }, (__, row) => noise(row, 100 + stream))));
    const onsets = (from: number, to: number) => told.flatMap((said) => said.slice(from, to).filter(({ onset }) => onset > 0.5)).length / told.length;
    expect(onsets(0, 400)).toBeLessThan(2);
    expect(onsets(400, 1500)).toBeLessThan(1.6);
  });

  it.each([4, 8, 20])('tells a shift of %d standard deviations, and while it lasts hardly more than it tells without one', (size) => {
    let found = 0;
    let again = 0;
    for (let stream = 0; stream < 40; stream++) {
      const values = Array.from({ length: 1900 }, (_, row) => noise(row, 200 + stream) + (row >= 1500 ? size : 0));
      const told = run(values)
        .slice(1500)
        .filter(({ onset }) => onset > 0.5).length;
      if (told > 0) found++;
      again += Math.max(0, told - 1);
    }
    expect(found).toBeGreaterThan(36);
    expect(again).toBeLessThan(size === 4 ? 20 : 8);
  });

  it('says nothing new begins while one goes on, and holds its score', () => {
    const engine = new Envelope();
    const said = run([...Array.from({ length: 300 }, (_, row) => row % 2), 5, 6, 20, ...new Array<number>(21).fill(0.5), 60], 5 * MINUTE, engine);
    expect(said[300].onset).toBeGreaterThan(0.5);
    for (let row = 301; row < 324; row++) expect(said[row].onset, `row ${row}`).toBe(0);
    // 20 was news as well, from which it was 22 rows to 60.
    expect(said[302].novelty).toBeGreaterThan(0.05);
    expect(said[324].onset).toBe(0);
    expect(said[303].score).toBeCloseTo(said[302].score * 2 ** (-1 / 20), 10);
    expect(said[312].score).toBeCloseTo(said[302].score / Math.SQRT2, 10);
  });

  it('is ready for something new after the refractory values', () => {
    const after = (refractory: number) => {
      const values = [...Array.from({ length: 300 }, (_, row) => row % 2), 2, ...Array.from({ length: 29 }, (_, row) => row % 2), 60];
      return run(values, 5 * MINUTE, new Envelope({ ...TUNING, refractory }))[330].onset > 0.5;
    };
    expect([after(22), after(60)]).toEqual([true, false]);
  });

  it('forgets: what was seen once is new again when the range has shrunk', () => {
    const again = (halfLife: number) => {
      const values = Array.from({ length: 3000 }, (_, row) => (row === 1000 || row === 2900 ? 1.5 : row % 2));
      return run(values, 5 * MINUTE, new Envelope({ ...TUNING, halfLife }))[2900].onset > 0.5;
    };
    expect([again(1e9), again(5000)]).toEqual([false, true]);
  });

  it('is not moved by rounding: a constant and its noise in the last place are not new', () => {
    const values = Array.from({ length: 600 }, (_, row) => 0.1 + (row % 3) * 2 ** -56);
    for (const { novelty } of run(values).slice(100)) expect(novelty).toBeLessThan(0);
    expect(run([...values, 0.1001])[600].onset).toBeGreaterThan(0.99);
  });
});

describe('the windows', () => {
  it('are counted in values up to five minutes, are times up to ten, and end at half', () => {
    expect([0, 1000, 300_000, 450_000, 600_000, DAY].map(paceOf)).toEqual([1, 1, 1, 1.5, 2, 2]);
    expect(windowsAt(1)).toEqual({ sums: [32, 64, 128, 256, 32, 64, 128, 256], minima: [5, 10, 30] });
    expect(windowsAt(2)).toEqual({ sums: [32, 64, 128, 256, 16, 32, 64, 128], minima: [3, 5, 15] });
    expect(windowsAt(1.5).minima).toEqual([3, 7, 20]);
    expect(windowsAt(1.5)).toBe(windowsAt(1.501));
  });

  it('add up what the ring holds', () => {
    const sums = new Float64Array(8);
    addUp(
      Float64Array.from({ length: 256 }, (_, i) => (i < 40 ? 1 : 0)),
      40,
      windowsAt(1).sums,
      sums,
    );
    expect([...sums]).toEqual([32, 40, 40, 40, 32, 40, 40, 40]);
  });

  it('gather intervals in order', () => {
    const gathered = new Float64Array(4);
    let count = 0;
    for (const interval of [5, 9, 1, 5]) count = gather(gathered, count, interval);
    expect([count, ...gathered]).toEqual([4, 1, 5, 5, 9]);
  });
});

describe('the mean of an hour', () => {
  it('is that of the hour of the day, and what the hour of the week adds', () => {
    const seasons = new Seasons();
    expect(seasons.expected(START)).toBeNaN();
    seasons.learn(START, 10, HOUR);
    expect(seasons.expected(START + 59 * MINUTE)).toBe(10);
    expect(seasons.expected(START + HOUR)).toBeNaN();
    seasons.learn(START + DAY, 20, HOUR);
    // Day: 10 + 10/2; week of the second: (20 - 15)/3.
    expect(seasons.expected(START + DAY)).toBeCloseTo(15 + 5 / 3, 12);
    expect(seasons.expected(START)).toBe(15);
    expect(seasons.expected(START - 6 * DAY)).toBeCloseTo(15 + 5 / 3, 12);
  });

  it('departs by what lies outside the hours before and after', () => {
    const seasons = new Seasons();
    for (const [hour, x] of [10, 20, 40].entries()) seasons.learn(START + hour * HOUR, x, HOUR);
    const depart = (x: number) => seasons.departure(START + HOUR, x);
    expect([50, 35, 20, 15, 4].map(depart)).toEqual([10, 0, 0, 0, -6]);
    expect(seasons.departure(START, 9)).toBe(-1);
    expect(seasons.departure(START + 5 * HOUR, 9)).toBeNaN();
  });
});

describe('the detector', () => {
  const chosen = sampleOptions({ ...envelope, sample: {} });

  function said(values: number[][], options: Record<string, unknown> = chosen) {
    const detector = envelope.create(options as never, values[0].length);
    return values.map((row, i) => {
      const out = resetOutput(detectorOutput(row.length));
      const time = START + i * 5 * MINUTE;
      const score = detector.score(time, Float64Array.from(row), 0, out);
      detector.learn(time, Float64Array.from(row), 0);
      return { score, ...out };
    });
  }

  it('has the tuning of the engine as its defaults, and its margin as limit', () => {
    expect(chosen).toEqual({ margin: 0.05, rise: 0.12, calm: 300, refractory: 22, half_life: 22_000, warm_up: 64 });
    expect(envelope.threshold).toEqual({ name: 'static', options: { limit: 0.05 } });
  });

  it('hands every option to the engine', () => {
    const values = Array.from({ length: 700 }, (_, row) => 10 + noise(row, 3) + (row === 400 ? 9 : row === 440 ? 20 : row === 450 ? 60 : 0));
    const options = { margin: 2, rise: 3, calm: 5, refractory: 60, half_life: 500, warm_up: 30 };
    const engine = new Envelope({ margin: 2, rise: 3, calm: 5, refractory: 60, halfLife: 500, warmUp: 30 });
    const direct = run(values, 5 * MINUTE, engine);
    expect(
      said(
        values.map((x) => [x]),
        options,
      ).map(({ score, onset }) => [score, onset]),
    ).toEqual(direct.map(({ score, onset }) => [score, onset]));
  });

  it('gives a band: the range and the margin, around the mean of all or of the hour', () => {
    const level = said(Array.from({ length: 400 }, (_, row) => [row % 2])).pop()!;
    expect(level.expected).toBeCloseTo(0.5, 2);
    expect(level.expected + 0.05 * level.above).toBeCloseTo(0.5 + 0.5 * 1.05, 1);
    expect(level.expected - 0.05 * level.below).toBeCloseTo(0.5 - 0.5 * 1.05, 1);
    const daily = said(seasonal(2000, 5 * MINUTE, 0.5).map((x) => [x]));
    for (const [row, { expected, above, below }] of daily.entries()) {
      if (row < 1000) continue;
      expect(Math.abs(expected - (50 + 20 * Math.sin((2 * Math.PI * row) / 288)))).toBeLessThan(6);
      expect(0.05 * (above + below)).toBeLessThan(25);
    }
  });

  it('takes the column that is newest, and leaves out what is missing', () => {
    const rows = Array.from({ length: 301 }, (_, row) => [row % 2, row < 300 ? row % 3 : 9, row % 5 === 0 ? NaN : 1]);
    const { score, onset, contributions } = said(rows).pop()!;
    expect(score).toBeGreaterThan(1);
    expect(onset).toBeGreaterThan(0.5);
    expect(contributions[1]).toBeCloseTo(1, 6);
    expect(said(Array.from({ length: 200 }, () => [NaN])).pop()).toMatchObject({ score: NaN, onset: 0 });
  });
});
