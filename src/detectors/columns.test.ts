import { describe, expect, it } from 'vitest';
import { detectorOutput, type Detector } from '../core/contracts.ts';
import { SnapshotReader, SnapshotWriter } from '../core/snapshot.ts';
import { ColumnsDetector, perColumn } from './columns.ts';
import { ema } from './ema.ts';

/** Scores the value itself, with a tenth of it as onset but for 0; drifts at 7; learns nothing. */
const echo = (): Detector => ({
  score: (_time, values, at, out) => {
    if (values[at] === 7) out.drift = true;
    out.expected = out.below = out.above = 0.5;
    if (values[at] !== 0) out.onset = values[at] / 10;
    return values[at];
  },
  learn: () => undefined,
  describe: () => ['echoes'],
  snapshot: (writer) => writer.f64(1),
});

function said(...row: number[]) {
  const out = detectorOutput(row.length);
  const score = new ColumnsDetector(row.map(echo)).score(0, Float64Array.from(row), 0, out);
  return { score, out };
}

describe('rows of several columns', () => {
  it('score as their most unusual column, whose share is that of its squared score', () => {
    const { score, out } = said(3, NaN, 4, 0);
    expect(score).toBe(4);
    expect([...out.contributions]).toEqual([9 / 25, 0, 16 / 25, 0]);
    expect([out.expected, out.below, out.above]).toEqual([NaN, NaN, NaN]);
  });

  it('begin something new as strongly as the column in which it begins most', () => {
    expect([said(3, 4, NaN, 0).out.onset, said(4, 3).out.onset, said(0, 2).out.onset]).toEqual([0.4, 0.4, 0.2]);
    expect(said(0, 0).out.onset).toBeNaN();
  });

  it('say nothing of shares where no column has a score, or none above 0', () => {
    expect(said(NaN, NaN).score).toBeNaN();
    expect(said(NaN, NaN).out.contributions[0]).toBeNaN();
    expect(said(0, NaN).score).toBe(0);
    expect(said(0, NaN).out.contributions[0]).toBeNaN();
  });

  it('drift when one column does, wherever it stands', () => {
    expect([said(7, 1).out.drift, said(1, 7).out.drift, said(1, 2).out.drift]).toEqual([true, true, false]);
  });

  it('say of which column they tell', () => {
    expect(new ColumnsDetector([echo(), echo()]).describe()).toEqual(['column 1: echoes', 'column 2: echoes']);
    expect(new ColumnsDetector([ema.create({ span: 20, min_spread: 0 }, 1)]).describe()).toEqual([]);
  });

  it('are read at their place in the batch', () => {
    const values = Float64Array.from([9, 9, 1, 5]);
    expect(new ColumnsDetector([echo(), echo()]).score(0, values, 2, detectorOutput(2))).toBe(5);
  });

  it('of one column are that column', () => {
    const one = echo();
    expect(perColumn(1, () => one)).toBe(one);
    expect(perColumn(2, echo)).toBeInstanceOf(ColumnsDetector);
  });
});

describe('snapshots of ema', () => {
  it('of version 1 are read, and go on as those of version 2 do', () => {
    const alpha = 0.25;
    const options = { span: 20, alpha, min_points: 2, min_spread: 0 };
    const values = Float64Array.from([1, 4, 2, 8, 5, 7, 1, 3]);
    const whole = ema.create(options, 1);
    for (let i = 0; i < 4; i++) whole.learn(i, values, i);
    const writer = new SnapshotWriter();
    writer.begin(2);
    whole.snapshot(writer);
    const now = new SnapshotReader(writer.end(), 2);
    const three = [now.f64(), now.f64(), now.f64()];
    expect(three[0]).toBe(4);
    writer.begin(1);
    for (const x of [...three, 0.3, 3, 0.2, 1.2]) writer.f64(x);
    const restored = ema.restore(new SnapshotReader(writer.end(), 2), options, 1);
    for (let i = 4; i < 8; i++) {
      const out = detectorOutput(1);
      expect(restored.score(i, values, i, out)).toBe(whole.score(i, values, i, out));
      whole.learn(i, values, i);
      restored.learn(i, values, i);
    }
  });
});
