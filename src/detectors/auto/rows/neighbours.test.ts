import { describe, expect, it } from 'vitest';
import { CounterRandom } from '../../../core/random.ts';
import { SnapshotReader, SnapshotWriter } from '../../../core/snapshot.ts';
import { Neighbours } from './neighbours.ts';

const REMEMBERED = 256;
const EVERY = 5;

/** The rows that are remembered and the distance to the five nearest, without any saving. */
function byAll(rows: readonly Float64Array[]): number[] {
  const kept: Float32Array[] = [];
  return rows.map((row, i) => {
    const far = kept.slice(-REMEMBERED).map((other) => {
      // The order of additions is part of the result.
      const sums = [0, 0, 0, 0];
      const fours = row.length & ~3;
      for (let j = 0; j < fours; j++) sums[j % 4] += Math.abs(row[j] - other[j]);
      let sum = sums[0] + (sums[1] + (sums[2] + sums[3]));
      for (let j = fours; j < row.length; j++) sum += Math.abs(row[j] - other[j]);
      return sum;
    });
    if (i % Math.max(1, Math.min(EVERY, Math.floor(i / REMEMBERED))) === 0) kept.push(Float32Array.from(row));
    const nearest = far.sort((a, b) => a - b).slice(0, 5);
    return nearest.length === 0 ? 0 : nearest.reduce((a, b) => a + b, 0) / nearest.length / row.length;
  });
}

const random = new CounterRandom(8);

/** Levels as they come: a season, noise, some columns flat, now and then something far away. */
const KINDS: Record<string, (i: number, j: number) => number> = {
  noise: (i, j) => random.at(j, i).normal(),
  season: (i, j) => 3 * Math.sin(i / 30 + j) + 0.1 * random.at(j, i).normal(),
  flat: (i, j) => (j % 2 === 0 ? 0 : Math.round(random.at(j, i).normal())),
  'the same row': () => 0.1,
  'far away': (i, j) => (i % 97 === 0 ? (j % 2 === 0 ? 20 : -20) : 1e-6 * random.at(j, i).normal()),
};

describe('neighbours', () => {
  it.each(Object.keys(KINDS).flatMap((kind) => [1, 5, 38].map((width) => [kind, width] as const)))('%s, %i columns: as all rows would say', (kind, width) => {
    const rows = Array.from({ length: 2000 }, (_, i) => Float64Array.from({ length: width }, (_column, j) => KINDS[kind](i, j)));
    let neighbours = new Neighbours(width, 20);
    const said = rows.map((row, i) => {
      if (i === 1700) {
        const writer = new SnapshotWriter();
        writer.begin(1);
        neighbours.snapshot(writer);
        neighbours = new Neighbours(width, 20).restore(new SnapshotReader(writer.end(), 1));
      }
      const distance = neighbours.distance(row);
      neighbours.learn(row);
      return distance;
    });
    expect(said).toEqual(byAll(rows));
  });
});
