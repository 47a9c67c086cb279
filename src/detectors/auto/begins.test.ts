import { describe, expect, it } from 'vitest';
import { SnapshotReader, SnapshotWriter } from '../../core/snapshot.ts';
import { Begins } from './begins.ts';

/** Onsets of values with these scores and novelties, of which the first is the number `seen` + 1. */
function onsets(seen: number, values: readonly [score: number, novelty: number][]): number[] {
  const begins = new Begins(5);
  for (let i = 0; i < seen; i++) begins.learn(0, 0);
  return values.map(([score, novelty]) => {
    const onset = begins.of(score, novelty);
    begins.learn(score, novelty);
    return onset;
  });
}

describe('where an anomaly begins', () => {
  it('is where something is new, unless the score is as plain as can be', () => {
    expect(onsets(1000, [[1.01, 0.8]])).toEqual([0.8]);
    expect(onsets(1000, [[1, 0.8]])[0]).toBeCloseTo(0.392, 12);
    expect(onsets(1000, [[NaN, 0.8]])[0]).toBeCloseTo(0.392, 12);
    expect(onsets(1000, [[1, 0.4]])).toEqual([0.4]);
  });

  it('takes a score beyond the limit as well while little was seen', () => {
    expect(onsets(149, [[5, 0.8]])[0]).toBeCloseTo(0.392, 12);
    expect(onsets(149, [[5.01, 0.8]])).toEqual([0.8]);
    expect(onsets(150, [[1.01, 0.8]])).toEqual([0.8]);
  });

  it('is also where the score passes its limit by a third after 100 calm values, once', () => {
    expect(
      onsets(100, [
        [6.5, 0],
        [6.51, 0],
      ]),
    ).toEqual([0, 0]);
    expect(onsets(99, [[6.51, 0]])).toEqual([0]);
    const lasting = onsets(100, [
      [6.51, 0],
      [9, 0],
      [9, 0.9],
      [9, 0],
    ]);
    expect(lasting).toEqual([0.505, 0, 0.9, 0]);
    const calm = Array.from({ length: 100 }, (): [number, number] => [4.9, 0]);
    expect(onsets(100, [[9, 0], ...calm, [9, 0]]).at(-1)).toBe(0.505);
    const after = (novelty: number, rows: number): number | undefined => onsets(1000, [[3, novelty], ...calm.slice(0, rows), [9, 0]]).at(-1);
    expect([after(0.7, 19), after(0.7, 20), after(0.4, 0)]).toEqual([0, 0.505, 0.505]);
  });

  it('goes on from a snapshot', () => {
    const begins = new Begins(5);
    for (let i = 0; i < 100; i++) begins.learn(0, 0);
    const writer = new SnapshotWriter();
    writer.begin(1);
    begins.snapshot(writer);
    expect(Begins.restore(new SnapshotReader(writer.end(), 1), 5).of(7, 0)).toBe(0.505);
  });
});
