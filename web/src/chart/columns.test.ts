import { describe, expect, it } from 'vitest';
import type { Verdict } from '../../../src/core/verdicts.ts';
import { addVerdicts, drawn, emptyColumns, fromRange, gapLimit, markedValue, nearest } from './columns.ts';

const verdict = (time: number, value: number, more: Partial<Verdict> = {}): Verdict => ({
  id: String(time),
  kind: 'point',
  pipeline: 'p',
  series: 's',
  labels: {},
  unit: '',
  time: new Date(time).toISOString(),
  values: [value],
  score: 1,
  threshold: 3,
  anomalous: false,
  onset: 0,
  expected: 10,
  lower: 5,
  upper: 15,
  contributions: null,
  member: null,
  detector: 'ema',
  config: 'c',
  late: false,
  subject: null,
  detail: null,
  revises: null,
  cause: { partition: 0, offset: 0, place: 0 },
  ...more,
});

const filled = (times: number[], more: (time: number) => Partial<Verdict> = () => ({})) => {
  const columns = emptyColumns();
  addVerdicts(
    columns,
    times.map((time) => verdict(time, time / 100, more(time))),
    0,
  );
  return columns;
};

describe('columns of a chart', () => {
  it('put a late verdict where its time belongs', () => {
    const columns = filled([1000, 2000, 3000]);
    addVerdicts(columns, [verdict(1500, 7, { late: true, score: null })], 0);
    expect(columns.time).toEqual([1000, 1500, 2000, 3000]);
    expect(columns.late).toEqual([0, 1, 0, 0]);
    expect(columns.score).toEqual([1, null, 1, 1]);
  });

  it('take a verdict that was fetched and then sent once', () => {
    const columns = filled([1000, 2000]);
    addVerdicts(columns, [verdict(2000, 20), verdict(3000, 30)], 0);
    expect(columns.time).toEqual([1000, 2000, 3000]);
  });

  it('forget what scrolled out of view', () => {
    const columns = filled([1000, 2000, 3000, 4000]);
    addVerdicts(columns, [verdict(5000, 1)], 3500);
    expect(columns.time).toEqual([4000, 5000]);
  });

  it('break the line where events are missing, not where one comes a little later', () => {
    const columns = filled([1000, 2000, 3000, 5000, 6000, 12_000, 13_000]);
    expect(gapLimit(columns)).toBe(3000);
    const { main } = drawn(columns);
    expect(main[0]).toEqual([1000, 2000, 3000, 5000, 6000, 9000, 12_000, 13_000]);
    expect(main[6][5]).toBeNull();
    expect(main[6].filter((cell) => cell === null)).toHaveLength(1);
  });

  it('take late events out of the line and mark them apart from anomalies', () => {
    const columns = filled([1000, 2000, 3000, 4000], (time) => ({ late: time === 2000, anomalous: time === 3000 }));
    const { main, marks } = drawn(columns);
    expect(main[0]).toEqual([1000, 3000, 4000]);
    expect(marks).toEqual([
      { time: 2000, value: 20, late: true },
      { time: 3000, value: 30, late: false },
    ]);
  });

  it('mark the anomaly of a bucket at the end further from what was expected', () => {
    const columns = fromRange({
      resolution: 60_000,
      time: [0, 60_000],
      mean: [10, 10],
      min: [2, 9],
      max: [12, 30],
      expected: [10, 10],
      lower: [5, 5],
      upper: [15, 15],
      score: [4, 5],
      anomalous: [1, 2],
      late: [0, 0],
    });
    expect([markedValue(columns, 0), markedValue(columns, 1)]).toEqual([2, 30]);
    expect(columns.threshold).toEqual([null, null]);
  });

  it('find the row nearest to a time', () => {
    const columns = filled([1000, 2000, 3000]);
    expect([nearest(columns, 0), nearest(columns, 1400), nearest(columns, 1600), nearest(columns, 9000)]).toEqual([0, 0, 1, 2]);
    expect(nearest(emptyColumns(), 5)).toBe(-1);
  });
});
