import { describe, expect, it } from 'vitest';
import { SnapshotReader, SnapshotWriter } from '../core/snapshot.ts';
import { AveragedScore, ColumnSpreads, FilledRows, shareOut } from './rows.ts';

const row = (...values: number[]) => Float64Array.from(values);

describe('filled rows', () => {
  it('takes what is missing from the row before, 0 before the first, and knows a row of nothing', () => {
    const rows = new FilledRows(3);
    expect(rows.read(row(NaN, 5, 1e151), 0)).toBe(true);
    expect([...rows.row]).toEqual([0, 5, 0]);
    rows.learn();
    expect(rows.read(row(9, 7, -Infinity, 2), 1)).toBe(true);
    expect([...rows.row]).toEqual([7, 5, 2]);
    expect(rows.read(row(NaN, Infinity, -1e200), 0)).toBe(false);
    expect(rows.count).toBe(1);
  });

  it('puts the rows learnt before in front, oldest first; a row only read is not among them', () => {
    const rows = new FilledRows(2, 3);
    const learn = (...values: number[]) => {
      rows.read(row(...values), 0);
      rows.learn();
    };
    learn(1, 2);
    learn(3, 4);
    rows.read(row(99, 99), 0);
    learn(5, NaN);
    rows.read(row(7, 8), 0);
    expect([...rows.row]).toEqual([3, 4, 5, 4, 7, 8]);
    const writer = new SnapshotWriter();
    writer.begin(1);
    rows.snapshot(writer);
    const copy = new FilledRows(2, 3).restore(new SnapshotReader(writer.end(), 1));
    copy.read(row(NaN, 9), 0);
    expect([[...copy.row], copy.count]).toEqual([[3, 4, 5, 4, 5, 9], 3]);
  });
});

describe('spreads of columns', () => {
  const after = (...values: number[]) => {
    const spreads = new ColumnSpreads(2);
    for (const x of values) spreads.learn(row(0, x), 0);
    return spreads;
  };

  it('are the standard deviation of the first values', () => {
    const values = [3, 5, 4, 8, 1];
    const mean = values.reduce((a, b) => a + b) / 5;
    const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / 5;
    expect(1 / after(...values).weights[1]).toBeCloseTo(Math.sqrt(variance), 12);
  });

  it('forget: after 1,000 values the newest weighs one in a thousand', () => {
    const values = Array.from({ length: 2000 }, (_, i) => (i % 2 === 0 ? 1 : -1));
    const before = 1 / after(...values).weights[1] ** 2;
    const mean = values.slice(1000).reduce((m, x) => m + 0.001 * (x - m), 0);
    const next = 1 / after(...values, 2).weights[1] ** 2;
    expect(next).toBeCloseTo(0.999 * (before + 0.001 * (2 - mean) ** 2), 9);
  });

  it('are at least a fifth of the range, which one value widens by ten spreads at most and which fades', () => {
    const noisy = Array.from({ length: 2000 }, (_, i) => (i % 2 === 0 ? 1 : -1));
    const spread = 1 / after(...noisy).weights[1];
    expect(1 / after(...noisy, 1e9).weights[1]).toBeCloseTo(0.2 * (10 * spread + 1), 3);
    expect(1 / after(5, 5, 5, 1005).weights[1]).toBeCloseTo(1000 * Math.sqrt(0.25 * 0.75), 9);
    const quiet = 1 / after(...noisy, ...Array.from({ length: 20_000 }, () => 0)).weights[1];
    expect(quiet).toBeCloseTo(0.2 * 2 * 0.5, 2);
  });

  it('know a column that never changed', () => {
    const spreads = after(5, 5, NaN, 5);
    expect([spreads.isFlat(0), spreads.isFlat(1), after(5, 6).isFlat(1)]).toEqual([true, true, false]);
    expect([spreads.weights[0], new ColumnSpreads(1).weights[0]]).toEqual([1e100, 1e100]);
  });

  it('go on from a snapshot', () => {
    const spreads = after(3, 5, 4);
    const writer = new SnapshotWriter();
    writer.begin(2);
    spreads.snapshot(writer);
    const copy = new ColumnSpreads(2).restore(new SnapshotReader(writer.end(), 2));
    expect([...copy.weights]).toEqual([...spreads.weights]);
    copy.learn(row(0, 8), 0);
    expect(copy.weights[1]).toBe(after(3, 5, 4, 8).weights[1]);
  });
});

describe('spreads of columns and averages', () => {
  it('go on from a state of before there were ranges and averages', () => {
    const writer = new SnapshotWriter();
    writer.begin(1);
    writer.block(row(4, 7, 9));
    const old = new SnapshotReader(writer.end(), 2);
    const copy = new ColumnSpreads(1).restore(old);
    expect(copy.weights[0]).toBeCloseTo(1 / 3, 12);
    expect(new AveragedScore(2).restore(old).of(8)).toBe(8);
  });
});

describe('an averaged score', () => {
  it('weighs the newest one over the rows, learns what was scored last, and leaves out what has no score', () => {
    const score = new AveragedScore(4);
    score.learn();
    expect([score.of(NaN), score.of(8)]).toEqual([NaN, 8]);
    score.learn();
    expect([score.of(0), score.of(4)]).toEqual([6, 7]);
    score.learn();
    expect(score.of(NaN)).toBeNaN();
    score.learn();
    expect(score.of(3)).toBe(6);
    const alone = new AveragedScore(1);
    for (const x of [0.1, 0.7, 0.3]) {
      expect(alone.of(x)).toBe(x);
      alone.learn();
    }
    const writer = new SnapshotWriter();
    writer.begin(2);
    score.snapshot(writer);
    expect(new AveragedScore(4).restore(new SnapshotReader(writer.end(), 2)).of(3)).toBe(6);
  });
});

it('shares are together 1, and NaN where nothing was said', () => {
  const parts = row(1, 0, 3);
  shareOut(parts);
  expect([...parts]).toEqual([0.25, 0, 0.75]);
  const none = row(0, 0);
  shareOut(none);
  expect(none[0]).toBeNaN();
});
