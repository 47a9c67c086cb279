/** Ranges of columns that fade. */
import type { SnapshotReader, SnapshotWriter } from '../core/snapshot.ts';

/** Rows after which half of what a range reaches beyond the mean is forgotten. */
export const RANGE_HALF_LIFE = 20_000;

const FADE = Math.LN2 / RANGE_HALF_LIFE;

/** The range that each column has shown: it widens at once and draws back to the mean slowly. */
export class FadingRanges {
  /** Least and largest value of each column, one after another. */
  readonly #ends: Float64Array;

  constructor(columns: number) {
    this.#ends = new Float64Array(2 * columns);
  }

  /** Begins the range of a column anew at a value. */
  begin(column: number, value: number): void {
    this.#ends[2 * column] = this.#ends[2 * column + 1] = value;
  }

  /** Learns a value that lies `away` from the mean before it. */
  learn(column: number, mean: number, away: number): void {
    const ends = this.#ends;
    const low = ends[2 * column];
    const high = ends[2 * column + 1];
    const value = mean + away;
    ends[2 * column] = Math.min(value, low + (mean - low) * FADE);
    ends[2 * column + 1] = Math.max(value, high + (mean - high) * FADE);
  }

  /** Largest less least value. */
  width(column: number): number {
    return this.#ends[2 * column + 1] - this.#ends[2 * column];
  }

  snapshot(writer: SnapshotWriter): void {
    writer.block(this.#ends);
  }

  restore(reader: SnapshotReader): this {
    reader.block(this.#ends);
    return this;
  }
}
