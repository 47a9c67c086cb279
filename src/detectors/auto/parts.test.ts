import { describe, expect, it } from 'vitest';
import { SnapshotReader, SnapshotWriter } from '../../core/snapshot.ts';
import { noise, scoresOf, white } from './auto.fixture.ts';
import { Duty } from './duty.ts';
import { Finder } from './finder.ts';
import { Forecast } from './forecast.ts';
import { Season } from './season.ts';
import { Shapes } from './shape.ts';
import { Stuck } from './stuck.ts';
import { Tail } from './tails.ts';
import { rateOf, TUNING } from './tuning.ts';

describe('tail', () => {
  it('finds the limit that few points of noise exceed', () => {
    const tail = new Tail(TUNING, { limit: 4.2, beyond: 1.3, doubt: 0 });
    for (let row = 0; row < 30_000; row++) tail.learn(Math.abs(noise(row, 5)));
    expect(tail.limit).toBeGreaterThan(3.5);
    expect(tail.limit).toBeLessThan(5);
  });

  it('rises with a heavy tail, and an anomaly that lasts counts little', () => {
    const heavy = new Tail(TUNING, { limit: 4.2, beyond: 1.3, doubt: 0 });
    for (let row = 0; row < 30_000; row++) heavy.learn(1 / Math.sqrt((row * 0.6180339887) % 1));
    expect(heavy.limit).toBeGreaterThan(10);
    const lasting = new Tail(TUNING, { limit: 4.2, beyond: 1.3, doubt: 0 });
    for (let row = 0; row < 3000; row++) lasting.learn(row > 2000 && row < 2064 ? 50 : Math.abs(noise(row, 5)));
    expect(lasting.limit).toBeLessThan(6);
  });

  it('begins at what is usual and ends at three quarters of it', () => {
    const tail = new Tail(TUNING, { limit: 8, beyond: 1.6, doubt: 0 });
    expect(tail.limit).toBeCloseTo(8, 9);
    for (let row = 0; row < 100_000; row++) tail.learn(0.1);
    expect(tail.limit).toBe(6);
  });
});

describe('stuck', () => {
  const run = (stuck: Stuck, values: readonly number[]): number[] => scoresOf(stuck, values);

  it('reaches 1 at 20 repetitions of a series that never repeats', () => {
    const stuck = new Stuck(TUNING);
    run(stuck, white.slice(0, 500));
    const scores = run(
      stuck,
      Array.from({ length: 40 }, () => white[499]),
    );
    expect(scores[18]).toBeCloseTo(0.95, 9);
    expect(scores[19]).toBe(1);
    expect(scores[39]).toBe(2);
  });

  it('knows how long runs are, and what a long one becomes', () => {
    const stuck = new Stuck(TUNING);
    run(
      stuck,
      Array.from({ length: 800 }, (_, i) => Math.floor(i / 40)),
    );
    expect(stuck.limit).toBeGreaterThan(1.4 * 39);
    const before = stuck.limit;
    run(
      stuck,
      Array.from({ length: 301 }, () => 99),
    );
    expect(stuck.limit).toBeGreaterThan(before * 1.2);
    expect(stuck.run).toBe(300);
  });
});

describe('forecast', () => {
  it('learns an autoregression of order 2 and forgets it over a gap', () => {
    const forecast = new Forecast(TUNING);
    let [a, b] = [0, 0];
    const values = Array.from({ length: 5000 }, (_, row) => {
      const x = 1.2 * a - 0.5 * b + noise(row);
      [a, b] = [x, a];
      return x;
    });
    for (const x of values) {
      forecast.score(x, 0, 2);
      forecast.learn(x, 0);
    }
    forecast.score(0, 0, 2);
    expect(Math.abs(forecast.prediction - (1.2 * values[4999] - 0.5 * values[4998]))).toBeLessThan(0.3);
    expect(forecast.spread).toBeCloseTo(1, 1);
    expect(forecast.gain).toBeCloseTo(1 / Math.sqrt(1 / ((1 - 0.5 * 0.5) * (1 - (1.2 / 1.5) ** 2))), 1);
    expect(forecast.score(forecast.prediction + 5 * forecast.spread, 0, 2)).toBeCloseTo(5, 9);
    forecast.interrupt();
    expect(forecast.score(100, 0, 2)).toBe(0);
  });

  it('sees a level that wanders under noise in the mean of late: errors hardly larger than the noise', () => {
    const forecast = new Forecast(TUNING);
    let level = 0;
    for (let row = 0; row < 8000; row++) {
      level += 0.05 * noise(row, 1);
      const x = level + noise(row);
      forecast.score(x, 0, 2);
      forecast.learn(x, 0);
    }
    // The two values before alone leave 1.2 and more.
    expect(forecast.spread).toBeLessThan(1.12);
  });

  it('goes on from a state of version 2, which had no mean of late', () => {
    const before = Float64Array.of(0.1, 1.2, -0.5, 2, 0.1, 0.2, 3, 0.3, 4, 1.5, 0.7, 1, 0.8, 5000, 1.6);
    const writer = new SnapshotWriter();
    writer.begin(2);
    writer.block(before);
    const forecast = Forecast.restore(new SnapshotReader(writer.end(), 3), TUNING);
    forecast.score(9, 0, 2);
    expect(forecast.prediction).toBeCloseTo(2 * (0.1 + 1.2 * 0.75 - 0.5 * 0.35), 12);
    expect([forecast.spread, forecast.count, forecast.gain]).toEqual([1, 5000, 0.8 / 1.6]);
    // The inverse correlation is whole again: the next error moves the coefficients by it.
    const [u, p] = [
      [1, 0.75, 0.35, 0.75],
      [
        [2, 0.1, 0.2, 0],
        [0.1, 3, 0.3, 0],
        [0.2, 0.3, 4, 0],
        [0, 0, 0, 10],
      ],
    ];
    const gains = p.map((row) => row.reduce((sum, x, j) => sum + x * u[j], 0));
    const error = 3 / 2 / (0.999 + gains.reduce((sum, x, i) => sum + x * u[i], 0));
    forecast.learn(9, 0);
    const [a, b] = [4.5, 0.75];
    const late = (1.5 + (9 - 1.5) / 16) / 2;
    forecast.score(0, 0, 2);
    expect(forecast.prediction).toBeCloseTo(
      2 * (0.1 + gains[0] * error + (1.2 + gains[1] * error) * a + (-0.5 + gains[2] * error) * b + gains[3] * error * late),
      9,
    );
  });
});

describe('finder', () => {
  it.each([
    [7, 0.05],
    [37.5, 0.3],
    [288, 4],
  ])('finds a period of %d points', (period, within) => {
    const finder = new Finder();
    for (let row = 0; row < 2048; row++) finder.learn(2 * Math.sin((2 * Math.PI * row) / period) + 0.3 * noise(row));
    expect(Math.abs(finder.period - period)).toBeLessThan(within);
    expect(finder.strength).toBeGreaterThan(0.7);
  });

  it('finds none in noise', () => {
    const finder = new Finder();
    for (const x of white) finder.learn(x);
    expect(finder.period).toBe(0);
  });
});

describe('season', () => {
  it('knows the week where weekends differ', () => {
    const season = new Season(TUNING);
    const value = (row: number): number => (Math.floor(row / 24) % 7 >= 5 ? 0 : 10 * Math.sin((2 * Math.PI * row) / 24));
    const start = Date.UTC(2026, 0, 5);
    for (let row = 0; row < 24 * 7 * 6; row++) {
      season.at(start + row * 3_600_000, 3_600_000);
      season.learn(value(row) + 0.1 * noise(row), start + row * 3_600_000, 3_600_000);
    }
    expect(season.kind).toBe('week');
    expect(season.gain).toBeLessThan(0.4);
    const at = (row: number): number => season.at(start + row * 3_600_000, 3_600_000);
    expect(at(24 * 7 * 6 + 6) - at(24 * 7 * 6 + 18)).toBeGreaterThan(14);
    expect(Math.abs(at(24 * 7 * 6 + 24 * 5 + 6) - at(24 * 7 * 6 + 24 * 5 + 18))).toBeLessThan(6);
  });
});

describe('shapes', () => {
  it('are compared with the nearest that are remembered', () => {
    const shapes = new Shapes(TUNING);
    expect(shapes.kept).toBe(0);
    const beat = (row: number): number => (row % 32 < 4 ? 5 : 0) + 0.05 * noise(row);
    let highest = 0;
    for (let row = 0; row < 4000; row++) {
      const score = shapes.score(beat(row));
      if (row > 2000) highest = Math.max(highest, score);
      shapes.learn(beat(row));
    }
    let novel = 0;
    for (let row = 4000; row < 4064; row++) {
      const x = row % 32 < 4 ? -5 : 0;
      novel = Math.max(novel, shapes.score(x));
      shapes.learn(x);
    }
    expect(novel).toBeGreaterThan(5 * Math.max(1, highest));
    expect(shapes.kept).toBeGreaterThan(64);
  });
});

describe('what shapes remember of long ago', () => {
  it('goes on beyond 16 bits of ages as a series does that is younger', () => {
    const shapes = new Shapes({ ...TUNING, shapes: 64 });
    let last = 0;
    for (let row = 0; row < 140_000; row++) {
      const x = row % 16 < 4 ? 5 : 0.1 * noise(row % 64);
      last = shapes.score(x);
      shapes.learn(x);
    }
    expect(last).toBeLessThan(3);
    expect(shapes.kept).toBe(256);
    let novel = 0;
    for (let row = 0; row < 64; row++) {
      const x = row % 32 < 4 ? -5 : 0;
      novel = Math.max(novel, shapes.score(x));
      shapes.learn(x);
    }
    expect(novel).toBeGreaterThan(5);
  });
});

describe('duty', () => {
  it('pauses four times a trial that earned nothing, and goes on after one that did', () => {
    const duty = new Duty(10);
    const runs = (evidence: number, points: number): boolean[] => Array.from({ length: points }, () => duty.learn(evidence));
    expect(runs(0.25, 10).includes(true)).toBe(false);
    expect(duty.isOn).toBe(true);
    runs(0.2, 10);
    expect(duty.isOn).toBe(false);
    expect(runs(1, 40).indexOf(true)).toBe(39);
    expect(duty.isOn).toBe(true);
  });

  it('keeps its state in a snapshot', () => {
    const duty = new Duty(5);
    for (let i = 0; i < 7; i++) duty.learn(0);
    const writer = new SnapshotWriter();
    writer.begin(1);
    duty.snapshot(writer);
    expect(Duty.restore(new SnapshotReader(writer.end(), 1), 5).isOn).toBe(false);
  });
});

it('rates have their half-life', () => {
  expect((1 - rateOf(70)) ** 70).toBeCloseTo(0.5, 12);
});

/** What any change of a constant or a formula would move, to the digit. */
describe('the parts say these numbers', () => {
  const weighted = (value: (row: number) => number, rows: number): number => {
    let sum = 0;
    for (let row = 0; row < rows; row++) sum += value(row) * (1 + (row % 7));
    return sum / rows;
  };

  it.each([
    ['a beat', (row: number) => (row % 32 < 4 ? 5 : 0), 0.20696397734732241],
    ['a wave', (row: number) => 5 * Math.sin((2 * Math.PI * row) / 150), 0.03690819157570811],
    ['a saw that comes and goes', (row: number) => (row % 500 < 250 ? row % 40 : 20), 0.7591526142408133],
  ] as [string, (row: number) => number, number][])('shapes: %s', (_, truth, golden) => {
    const shapes = new Shapes(TUNING);
    const sum = weighted((row) => {
      const score = shapes.score(truth(row) + 0.5 * noise(row));
      shapes.learn(truth(row) + 0.5 * noise(row));
      return score;
    }, 4000);
    expect(sum).toBeCloseTo(golden, 9);
  });

  it('stuck, from its first value on', () => {
    const stuck = new Stuck(TUNING);
    stuck.learn(0);
    stuck.learn(1);
    expect(stuck.limit).toBe(20);
    const begun = new Stuck(TUNING);
    expect(begun.score(0)).toBe(0);
    const sum = weighted((row) => {
      const x = row % 300 < 60 ? 0 : Math.round(noise(row));
      const score = begun.score(x);
      begun.learn(x);
      return score;
    }, 2000);
    expect([sum, begun.limit]).toEqual([expect.closeTo(0.2526923598408455, 9), expect.closeTo(88.64105187212346, 9)]);
  });
});
