/** What a detector says of a made stream; for the tests of detectors. */
import { detectorOutput, type Detector, type DetectorOutput } from '../core/contracts.ts';
import { CounterRandom } from '../core/random.ts';
import type { DetectorDefinition } from '../core/schema.ts';
import { SnapshotReader, SnapshotWriter } from '../core/snapshot.ts';

export type Said = DetectorOutput & { score: number };

/** Scores and learns each row; rows come a minute apart where no times are given. */
export function saidOf(detector: Detector, values: readonly number[], times: (row: number) => number = (row) => row * 60_000, width = 1): Said[] {
  const row = Float64Array.from(values);
  return Array.from({ length: row.length / width }, (_, i) => {
    const out = detectorOutput(width);
    const score = detector.score(times(i), row, i * width, out);
    detector.learn(times(i), row, i * width);
    return { ...out, score };
  });
}

/** Scores and learns rows of several columns: the score of each, and the share of each column in it. */
export function sharesOf(detector: Detector, rows: readonly (readonly number[])[]): { score: number; shares: number[] }[] {
  const width = rows[0].length;
  return saidOf(detector, rows.flat(), (row) => row, width).map(({ score, contributions }) => ({ score, shares: [...contributions] }));
}

export function made(n: number, value: (i: number) => number): number[] {
  return Array.from({ length: n }, (_, i) => value(i));
}

/** Standard normal noise, a stream of its own for each seed. */
export function normals(n: number, seed = 1): number[] {
  const random = new CounterRandom(seed);
  return made(n, (i) => random.at(0, i).normal());
}

/** The largest score; NaN for none. */
export function most(said: readonly Said[]): number {
  return said.reduce((largest, { score }) => (score === score && !(score <= largest) ? score : largest), NaN);
}

/** A detector restored from the snapshot of another. */
export function restored(definition: DetectorDefinition, detector: Detector, options: object, width = 1): Detector {
  const writer = new SnapshotWriter();
  writer.begin(definition.version);
  detector.snapshot(writer);
  return definition.restore(new SnapshotReader(writer.end(), definition.version), options as never, width);
}

/** The largest difference between what was said and what was wanted, beyond 1 as a part of it; Infinity where only one is NaN. */
export function apart(said: readonly Said[], wanted: readonly number[]): number {
  return said.reduce((largest, { score }, i) => {
    const want = wanted[i];
    if (Number.isNaN(score) && Number.isNaN(want)) return largest;
    const difference = Math.abs(score - want) / Math.max(1, Math.abs(want));
    return Math.max(largest, Number.isNaN(difference) ? Infinity : difference);
  }, 0);
}
