import { describe, expect, it } from 'vitest';
import { SnapshotReader, SnapshotWriter } from '../../core/snapshot.ts';
import { fed, noise, scoresOf } from './auto.fixture.ts';
import { Shapes } from './shape.ts';
import { TUNING } from './tuning.ts';

const LIMIT = 5;
const beat = (row: number): number => (row % 32 < 4 ? 5 : 0) + 0.2 * noise(row);

function after(rows: number, value: (row: number) => number): Shapes {
  const shapes = new Shapes(TUNING);
  scoresOf(
    shapes,
    Array.from({ length: rows }, (_, row) => value(row)),
  );
  return shapes;
}

describe('whether shapes recur', () => {
  it('those of a beat do, those of noise do not', () => {
    const beats = after(4000, beat);
    scoresOf(beats, Array<number>(40).fill(-5));
    expect([beats.recurs, beats.recurrence]).toEqual([true, 1]);
    const noisy = after(8000, (row) => noise(row, 1));
    expect([noisy.recurs, noisy.recurrence]).toEqual([false, 0]);
  });

  it('a shape of noise alone passes no limit', () => {
    const { column, scores } = fed(12_000, (row) => 50 + noise(row, 1), { members: ['shape'] });
    expect(Math.max(...scores.filter((score) => score === score))).toBeCloseTo(0.8 * 4.7, 9);
    expect(column.describe().join('\n')).toContain('remembered, which do not recur, so that a new one does not alert by itself');
    const beats = fed(5000, (row) => (row > 4900 ? -5 : beat(row)), { members: ['shape'] });
    expect(Math.max(...beats.scores.slice(4900))).toBeGreaterThan(LIMIT);
    expect(beats.column.describe().join('\n')).not.toContain('do not recur');
  });

  it('goes on from a state of version 4, which did not know it', () => {
    const shapes = after(3000, beat);
    const writer = new SnapshotWriter();
    writer.begin(5);
    shapes.snapshot(writer);
    const reader = new SnapshotReader(writer.end(), 5);
    const state = reader.block(new Float64Array(4 * 27 + 3));
    const others = [new Float32Array(4 * 16), new Uint16Array(4 * 168), new Int8Array(4 * 17 * 16), new Int8Array(4 * 168 * 16)].map((block) =>
      reader.block(block),
    );
    const before = Array.from(state).filter((_, i) => i >= 4 * 27 || i % 27 < 9 || i % 27 > 10);
    writer.begin(4);
    for (const block of [Float64Array.from(before), ...others]) writer.block(block);
    const restored = Shapes.restore(new SnapshotReader(writer.end(), 5), TUNING);
    const next = Array.from({ length: 300 }, (_, i) => (i > 200 ? -5 : beat(3000 + i)));
    expect(scoresOf(restored, next)).toEqual(scoresOf(shapes, next));
    expect(restored.recurrence).toBe(1);
  });
});
