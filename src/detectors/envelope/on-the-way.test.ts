import { describe, expect, it } from 'vitest';
import { SnapshotReader, SnapshotWriter } from '../../core/snapshot.ts';
import { Envelope, TUNING } from './engine.ts';
import { DAY, MINUTE, noise, run, seasonal, START, type Said } from './envelope.fixture.ts';
import { isSummerTimeChange } from './seasons.ts';

describe('what happens on the way', () => {
  const interval = 5 * MINUTE;
  const onsets = (said: Said[], from: number) => said.slice(from).filter(({ onset }) => onset > 0.5).length;

  it('bridges a gap: the season that went on meanwhile is not new', () => {
    const rows = 10 * 288;
    const whole = seasonal(rows + 400, interval, 0.1);
    for (const missing of [12, 72, 144]) {
      const values = whole.filter((_, row) => row < rows || row >= rows + missing);
      const said = run(values, interval, new Envelope(), (row) => START + (row < rows ? row : row + missing) * interval);
      expect(onsets(said, rows), `${missing} missing`).toBe(0);
      const unaware = run(values, interval, new Envelope(), (row) => START + row * interval);
      expect(onsets(unaware, rows), `${missing} cut out`).toBeGreaterThan(0);
    }
  });

  it('takes up to five missing values for no gap', () => {
    // Within what was seen, but far from the last values; row 1500 begins an hour.
    const values = Array.from({ length: 1501 }, (_, row) => 50 + 20 * Math.sin((2 * Math.PI * row) / 1000) + 0.1 * noise(row) + (row === 1500 ? 15 : 0));
    const novelty = (missing: number) => run(values, interval, new Envelope(), (row) => START + (row < 1500 ? row : row + missing) * interval)[1500].novelty;
    expect(novelty(0)).toBeGreaterThan(3);
    expect(Math.abs(novelty(5) / novelty(0) - 1)).toBeLessThan(0.1);
    expect(novelty(6)).toBeLessThan(2.5);
  });

  it.each([
    [5 * MINUTE, 5],
    [10 * MINUTE, 2],
  ])('has windows as long in time, with a value every %i ms, and forgets as soon, where up to %i values in a row are missing', (step, missing) => {
    const block = missing + 1;
    // Each value comes several times in a row; a spike raises the limit, and at the end another one comes.
    const x = (row: number) => 50 + 20 * Math.sin((2 * Math.PI * row) / 288) + noise(Math.floor(row / block)) + (Math.floor(row / block) === 100 ? 60 : 0);
    const rows = [...Array.from({ length: 150 * block }, (_, row) => row), 150 * block];
    const value = (row: number) => (row === 150 * block ? 140 : x(row - (row % block)));
    const last = (every: number) => {
      const engine = new Envelope();
      const kept = rows.filter((row) => row < 60 * block || row % every === 0 || row === 150 * block);
      const said = run(kept.map(value), step, engine, (place) => START + kept[place] * step).pop()!;
      return { novelty: said.novelty, limit: engine.limit, interval: engine.interval };
    };
    const whole = last(1);
    const thin = last(block);
    expect(thin.interval).toBe(step);
    expect(thin.limit).toBeCloseTo(whole.limit, 10);
    expect(Math.abs(thin.novelty / whole.novelty - 1)).toBeLessThan(0.05);
    expect(last(block + 1).limit).not.toBeCloseTo(whole.limit, 3);
  });

  it('lets time pass for what it holds and what it has told where values are missing', () => {
    const rows = [...Array.from({ length: 302 }, (_, row) => row), 307, 313, 319, 324];
    const values = rows.map((row) => (row === 300 ? 5 : row === 324 ? 60 : row < 300 ? row % 2 : 0.5));
    const said = run(values, interval, new Envelope({ ...TUNING, refractory: 8 }), (place) => START + rows[place] * interval);
    expect(said[300].onset).toBeGreaterThan(0.5);
    expect(said[303].score).toBeCloseTo(said[300].score * 2 ** (-13 / 20), 10);
    expect(said[305].onset).toBeGreaterThan(0.5);
  });

  it('sees a lull end too high where values are missing as where they are there', () => {
    const x = (row: number) => (row >= 900 ? 6 : Math.floor(row / 6) % 3 === 0 ? 0 : 10);
    const novelty = (every: number) => {
      const rows = Array.from({ length: 918 }, (_, row) => row).filter((row) => row < 100 || row % every === 0 || row === 917);
      return run(rows.map(x), interval, new Envelope(), (place) => START + rows[place] * interval).pop()!.novelty;
    };
    expect(novelty(1)).toBeGreaterThan(5);
    expect(Math.abs(novelty(6) / novelty(1) - 1)).toBeLessThan(0.1);
  });

  it('takes the fall of a counter for a new start', () => {
    let sum = 0;
    const values = Array.from({ length: 1500 }, (_, row) => (sum = row === 1000 ? 100 : sum + 100 + 10 * noise(row)));
    expect(onsets(run(values), 600)).toBe(0);
    expect(onsets(run(values.map((x, row) => (row < 1000 && row % 20 === 0 ? x - 150 : x))), 600)).toBeGreaterThan(0);
  });

  it('allows an hour of difference until the hours are learnt anew where the clock was set back or forward by an hour, and where summer time begins', () => {
    const rows = 21 * 288 + 12;
    const values = Array.from({ length: rows + 9 * 288 }, (_, row) => 50 + 20 * Math.sin((2 * Math.PI * row) / 288) + 0.5 * noise(row));
    const changed = (by: number) =>
      onsets(
        run(values, interval, new Envelope(), (row) => START + (row < rows ? row : row + by) * interval),
        rows,
      );
    expect([0, -12, 12].map(changed)).toEqual([0, 0, 0]);
    expect(changed(36)).toBeGreaterThan(0);
    expect(changed(-36)).toBeGreaterThan(0);
    const shifted = Array.from({ length: rows + 288 }, (_, row) => 50 + 20 * Math.sin((2 * Math.PI * (row < rows ? row : row + 12)) / 288) + 0.5 * noise(row));
    const beginning = (day: number) =>
      onsets(
        run(shifted, interval, new Envelope(), (row) => day - 21 * DAY + row * interval),
        rows + 2,
      );
    expect(beginning(Date.UTC(2023, 2, 26))).toBeLessThan(beginning(Date.UTC(2023, 4, 10)));
  });

  it('does not take an hour that is missing now and then for a change of the clock', () => {
    const hours = 21 * 24;
    // From the changed hour on the season comes an hour earlier, without a step in time.
    const values = Array.from({ length: hours + 48 }, (_, row) => 50 + 20 * Math.sin((2 * Math.PI * (row < hours ? row : row + 1)) / 24) + 0.2 * noise(row));
    const missing = (every: number) => {
      const kept = values.map((_, row) => row).filter((row) => row === 0 || row >= hours || row % every !== 0);
      return onsets(
        run(
          kept.map((row) => values[row]),
          3_600_000,
          new Envelope(),
          (place) => START + kept[place] * 3_600_000,
        ),
        kept.indexOf(hours),
      );
    };
    expect(missing(Infinity)).toBeGreaterThan(0);
    expect(missing(50)).toBe(missing(Infinity));
  });

  it('knows the days on which summer time begins or ends, and two more', () => {
    const days = (month: number, ...of: number[]) => of.map((day) => isSummerTimeChange(Date.UTC(2023, month, day, 12)));
    expect(days(2, 11, 12, 13, 14, 15, 19, 25, 26, 28, 29)).toEqual([false, true, true, true, false, false, false, true, true, false]);
    expect(days(9, 22, 28, 29, 31)).toEqual([false, false, true, true]);
    expect(days(10, 1, 5, 7, 8, 12)).toEqual([false, true, true, false, false]);
    expect(isSummerTimeChange(Date.UTC(2024, 2, 31))).toBe(true);
    expect(isSummerTimeChange(Date.UTC(2024, 3, 2))).toBe(true);
  });

  it('finds the sampling interval anew also where it fills in what seems to be missing', () => {
    const engine = new Envelope();
    run(seasonal(1001, MINUTE), MINUTE, engine);
    run(seasonal(50, MINUTE), 3 * MINUTE, engine, (row) => START + 1001 * MINUTE + row * 3 * MINUTE);
    expect(engine.interval).toBe(3 * MINUTE);
  });

  it('finds the sampling interval anew when it changes', () => {
    const engine = new Envelope();
    run(seasonal(1000, MINUTE), MINUTE, engine);
    expect(engine.interval).toBe(MINUTE);
    const later = (from: number, n: number) => run(seasonal(n, MINUTE), 10 * MINUTE, engine, (row) => START + 1000 * MINUTE + (from + row) * 10 * MINUTE);
    // The median of 31 intervals, gathered from value 1024 on.
    later(0, 53);
    expect(engine.interval).toBe(MINUTE);
    later(53, 7);
    expect(engine.interval).toBe(10 * MINUTE);
    expect(engine.describe()).toEqual(['a value every 600 s; windows of 3 to 256 values; 1060 values']);
    expect(new Envelope().describe()).toEqual([]);
  });

  it('is not confused by repeated and missing times', () => {
    const engine = new Envelope();
    run(seasonal(200, MINUTE), MINUTE, engine, (row) => START + MINUTE * (row % 7 === 0 ? row - 1 : row));
    expect(engine.interval).toBe(MINUTE);
  });

  it.each([1, 2, 7])('goes on from a snapshot of version %i to the last bit where windows are times', (version) => {
    const values = seasonal(900, 8 * MINUTE).map((x, row) => x * 1e9 + row);
    const whole = run(values, 8 * MINUTE);
    const engine = new Envelope();
    run(values.slice(0, 500), 8 * MINUTE, engine);
    const writer = new SnapshotWriter();
    writer.begin(version);
    engine.snapshot(writer);
    let bytes = writer.end();
    if (version < 7) {
      // Behind the 12 bytes of the frame, version 1 has no number 13, and before version 7 there is none of 389.
      const payload = bytes.slice(12);
      writer.begin(version);
      writer.block(payload.subarray(0, 13 * 8));
      writer.block(payload.subarray((version === 1 ? 14 : 13) * 8, 389 * 8));
      writer.block(payload.subarray(390 * 8));
      bytes = writer.end();
    }
    const restored = Envelope.restore(new SnapshotReader(bytes, 7));
    expect(run(values.slice(500), 8 * MINUTE, restored, (row) => START + (500 + row) * 8 * MINUTE)).toEqual(whole.slice(500));
  });

  it('learns the value that it was asked for last, though others were asked since', () => {
    const [one, other, plain] = [new Envelope(), new Envelope(), new Envelope()];
    const values = seasonal(400, MINUTE);
    const said = values.map((x, row) => {
      const score = one.score(START + row * MINUTE, x);
      other.score(START + row * MINUTE, -x);
      one.learn();
      other.score(START, x);
      return score;
    });
    expect(said).toEqual(run(values, MINUTE, plain).map(({ score }) => score));
  });
});
