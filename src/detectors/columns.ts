/** Rows of several columns, each column with a detector of its own. */
import type { Detector, DetectorOutput } from '../core/contracts.ts';
import type { SnapshotWriter } from '../core/snapshot.ts';

/**
 * The score of a row is the largest of its columns' scores, so a row is as unusual as its most unusual column; columns
 * that are missing or still warming up are left out; so is its onset the largest. The share of a column is that of its squared
 * score. A drift of one column is a drift of the row. `expected` and the band are NaN, for they would be those of one column.
 */
export class ColumnsDetector implements Detector {
  readonly #columns: readonly Detector[];

  constructor(columns: readonly Detector[]) {
    this.#columns = columns;
  }

  score(time: number, values: Float64Array, at: number, out: DetectorOutput): number {
    const columns = this.#columns;
    const { contributions } = out;
    let largest = NaN;
    let onset = NaN;
    let squares = 0;
    let drift = false;
    for (let column = 0; column < columns.length; column++) {
      out.drift = false;
      out.onset = NaN;
      const score = columns[column].score(time, values, at + column, out);
      drift ||= out.drift;
      if (!(out.onset <= onset) && out.onset === out.onset) onset = out.onset;
      const square = score === score ? score * score : 0;
      contributions[column] = square;
      squares += square;
      if (!(score <= largest) && score === score) largest = score;
    }
    for (let column = 0; column < columns.length; column++) contributions[column] /= squares;
    out.expected = out.below = out.above = NaN;
    out.onset = onset;
    out.drift = drift;
    return largest;
  }

  learn(time: number, values: Float64Array, at: number): void {
    for (let column = 0; column < this.#columns.length; column++) this.#columns[column].learn(time, values, at + column);
  }

  describe(): string[] {
    return this.#columns.flatMap((detector, column) => (detector.describe?.() ?? []).map((line) => `column ${column + 1}: ${line}`));
  }

  snapshot(writer: SnapshotWriter): void {
    for (const column of this.#columns) column.snapshot(writer);
  }
}

/** One detector for a row of one column, a ColumnsDetector for more. */
export function perColumn(width: number, make: () => Detector): Detector {
  return width === 1 ? make() : new ColumnsDetector(Array.from({ length: width }, make));
}
