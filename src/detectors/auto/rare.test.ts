import { describe, expect, it } from 'vitest';
import { CounterRandom } from '../../core/random.ts';
import { SnapshotReader, SnapshotWriter } from '../../core/snapshot.ts';
import { fed, scoresOf } from './auto.fixture.ts';
import { Shapes } from './shape.ts';
import { Stuck } from './stuck.ts';
import { Tail } from './tails.ts';
import { TUNING } from './tuning.ts';

function poisson(uniform: number): number {
  let [count, probability] = [0, Math.exp(-1)];
  for (let below = probability; uniform >= below; below += probability) probability /= ++count;
  return count;
}

const USUAL = { limit: 3.95, beyond: 1.3, doubt: 0 };
const random = new CounterRandom(3);
/** 0, but for three rows of a hundred, which hold one and a Poisson number of mean 1. */
const rare = (row: number): number => (random.at(1, row).uniform() < 0.03 ? 1 + poisson(random.at(2, row).uniform()) : 0);
const values = Array.from({ length: 12_000 }, (_, row) => rare(row));

function tailOf(isRare: boolean): Tail {
  const tail = new Tail(TUNING, USUAL);
  for (const value of values) tail.learn(2 * value + 0.05, isRare);
  return tail;
}

describe('counts that are mostly 0', () => {
  it('have a limit by the size of their events: between the rare ones, not a multiple of them', () => {
    // 1 row in 10,000 holds 6 or more, which lies at 12.
    expect(tailOf(true).limit).toBeGreaterThan(10);
    expect(tailOf(true).limit).toBeLessThan(15);
    expect(tailOf(false).limit).toBeGreaterThan(18);
  });

  it('have a limit that goes on from a state of version 5, which knew no events', () => {
    const tail = tailOf(false);
    const writer = new SnapshotWriter();
    writer.begin(6);
    tail.snapshot(writer);
    const reader = new SnapshotReader(writer.end(), 6);
    const before = Array.from({ length: 5 }, () => reader.f64());
    writer.begin(5);
    for (const x of before) writer.f64(x);
    const restored = Tail.restore(new SnapshotReader(writer.end(), 6), TUNING, USUAL);
    expect(restored.limit).toBe(tail.limit);
    for (const value of values.slice(0, 3000)) restored.learn(2 * value + 0.05, true);
    expect(restored.limit).toBeLessThan(16);
  });

  it('stand at 0 for longer than any value is repeated', () => {
    const [plain, counts] = [new Stuck(TUNING), new Stuck(TUNING)];
    counts.isRare = true;
    scoresOf(plain, values);
    scoresOf(counts, values);
    expect(counts.limit).toBeGreaterThan(1.3 * plain.limit);
    const writer = new SnapshotWriter();
    writer.begin(6);
    counts.snapshot(writer);
    const state = new SnapshotReader(writer.end(), 6).block(new Float64Array(7));
    writer.begin(5);
    writer.block(state.slice(0, 5));
    const restored = Stuck.restore(new SnapshotReader(writer.end(), 6), TUNING);
    restored.isRare = true;
    expect(restored.limit).toBe(plain.limit);
    expect(scoresOf(restored, values.slice(0, 50))).toEqual(scoresOf(plain, values.slice(0, 50)));
  });

  it('have shapes by chance', () => {
    const shapes = new Shapes(TUNING);
    scoresOf(shapes, [...values, 7, 7, 7, 7, 7, 7, 7, 7]);
    expect(shapes.recurrence).toBeGreaterThan(0.2);
    shapes.isRare = true;
    expect(shapes.recurrence).toBeLessThan(0.1);
  });

  it('are ranked by their size: one as large as never before lies above all others', () => {
    const highest = Math.max(...values.slice(0, 6000));
    const { scores, next } = fed(6000, rare);
    const large = next(highest + 3).score;
    expect(large).toBeGreaterThan(Math.max(...scores.slice(3000)));
    expect(large).toBeGreaterThan(4.7);
  });
});
