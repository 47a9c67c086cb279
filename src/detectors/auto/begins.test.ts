import { describe, expect, it } from 'vitest';
import { SnapshotReader, SnapshotWriter } from '../../core/snapshot.ts';
import { Begins } from './begins.ts';

type Value = readonly [score: number, novelty: number];

/** Onsets of values with these scores and novelties, of which the first is the number `seen` + 1. */
function onsets(seen: number, values: readonly Value[], pace = 1): number[] {
  const begins = new Begins(5);
  for (let i = 0; i < seen; i++) begins.learn(0, { onset: 0, pace });
  return values.map(([score, onset]) => {
    const said = begins.of(score, { onset, pace });
    begins.learn(score, { onset, pace });
    return said;
  });
}

function calm(rows: number): Value[] {
  return Array.from({ length: rows }, (): Value => [4.9, 0]);
}

describe('where an anomaly begins', () => {
  it('is where something is new, unless the score is as plain as can be', () => {
    expect(onsets(1000, [[1.01, 0.8]])).toEqual([0.8]);
    expect(onsets(1000, [[1, 0.8]])[0]).toBeCloseTo(0.392, 12);
    expect(onsets(1000, [[NaN, 0.8]])[0]).toBeCloseTo(0.392, 12);
    expect(onsets(1000, [[1, 0.4]])).toEqual([0.4]);
  });

  it.each([1, 2])('takes a score beyond the limit as well while little was seen, at a pace of %d', (pace) => {
    const few = 150 / pace - 1;
    expect(onsets(few, [[5, 0.8]], pace)[0]).toBeCloseTo(0.392, 12);
    expect(onsets(few, [[5.01, 0.8]], pace)).toEqual([0.8]);
    expect(onsets(few + 1, [[1.01, 0.8]], pace)).toEqual([0.8]);
  });

  it('is also where the score passes its limit by a third after 100 calm values, once', () => {
    expect(
      onsets(100, [
        [6.5, 0],
        [6.51, 0],
      ]),
    ).toEqual([0, 0]);
    expect(onsets(99, [[6.51, 0]])).toEqual([0]);
    expect([onsets(50, [[6.51, 0]], 2), onsets(49, [[6.51, 0]], 2)]).toEqual([[0.505], [0]]);
    const lasting = onsets(100, [
      [6.51, 0],
      [9, 0],
      [9, 0.9],
      [9, 0],
    ]);
    expect(lasting).toEqual([0.505, 0, 0.9, 0]);
    const after = (novelty: number, rows: number, pace = 1): number | undefined => onsets(1000, [[3, novelty], ...calm(rows), [9, 0]], pace).at(-1);
    expect([after(0.7, 19), after(0.7, 20), after(0.4, 0)]).toEqual([0, 0.505, 0.505]);
    expect([after(0.7, 9, 2), after(0.7, 10, 2)]).toEqual([0, 0.505]);
  });

  it('is told again where the score is a third higher than it has been of late, of which half is forgotten after 2000 values', () => {
    const again = (rows: number, score: number, pace = 1): boolean => onsets(100, [[9, 0], ...calm(rows), [score, 0]], pace).at(-1)! > 0.5;
    expect([again(100, 1.3 * (5 + 4 * 2 ** (-101 / 2000)) + 0.02), again(100, 1.3 * (5 + 4 * 2 ** (-99 / 2000)) - 0.02)]).toEqual([true, false]);
    expect([again(1999, 9.11), again(1999, 9.09)]).toEqual([true, false]);
    expect([again(999, 9.11, 2), again(999, 9.09, 2)]).toEqual([true, false]);
    expect(again(100, 9)).toBe(false);
  });

  it('goes on from a snapshot, of version 6 as well, which did not note how far scores had been', () => {
    const begins = new Begins(5);
    for (const [score, onset] of [[9, 0], ...calm(100)]) begins.learn(score, { onset, pace: 1 });
    const writer = new SnapshotWriter();
    writer.begin(7);
    begins.snapshot(writer);
    const bytes = writer.end();
    const said = (restored: Begins, score: number) => restored.of(score, { onset: 0, pace: 1 });
    const restored = Begins.restore(new SnapshotReader(bytes, 7), 5);
    expect([8, 12].map((score) => said(restored, score))).toEqual([0, 0.505]);
    writer.begin(6);
    writer.block(bytes.slice(12, 12 + 2 * 8));
    expect(said(Begins.restore(new SnapshotReader(writer.end(), 7), 5), 8)).toBe(0.505);
  });
});
