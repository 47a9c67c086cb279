/** Rows of many columns: unusual together, or one column by itself. */
import type { Detector, DetectorOutput } from '../../../core/contracts.ts';
import type { SnapshotReader, SnapshotWriter } from '../../../core/snapshot.ts';
import { shareOut } from '../../rows.ts';
import { OddColumns } from './odd.ts';
import { Onset } from './onset.ts';
import { Together, type RowOptions } from './together.ts';

export type { RowOptions } from './together.ts';

/** `DetectorOutput.member` is an index into these. */
export const rowMembers: readonly string[] = ['surprise', 'neighbours', 'column', 'apart'];
const COLUMN = 2;
const APART = 3;

/** The score of clean rows stays below this. */
export const ROW_LIMIT = 5;

/** A single column begins to count at this part of its limit, and wholly at the limit. */
const HEARD = 0.95;

/** A single column is heard at most this loud: what many do together ranks before it. */
const LOUDEST = 1.04;

/**
 * The score is that of the columns together, or the limit times what the oddest column is of its own limit, where that is more. Below
 * its limit a column fades out, so that noise of many columns does not cover what they say together.
 */
class RowsDetector implements Detector {
  readonly #together: Together;
  readonly #odd: OddColumns;
  readonly #onset: Onset;
  #score = NaN;

  constructor(together: Together, odd: OddColumns, onset: Onset) {
    this.#together = together;
    this.#odd = odd;
    this.#onset = onset;
  }

  score(_time: number, values: Float64Array, at: number, out: DetectorOutput): number {
    const together = this.#together.score(values, at, out);
    this.#score = together;
    if (together !== together) return NaN;
    const odd = this.#odd.score(this.#together.distances, this.#together.scored, values, at);
    const apart = this.#together.parted();
    const ratio = Math.max(odd, apart);
    const alone = ROW_LIMIT * Math.min(LOUDEST, ratio) * Math.min(1, Math.max(0, (ratio - HEARD) / (1 - HEARD)));
    if (alone > together) {
      this.#score = alone;
      const ratios = odd >= apart ? this.#odd.ratios : this.#together.apart;
      out.member = odd >= apart ? COLUMN : APART;
      for (let j = 0; j < out.contributions.length; j++) out.contributions[j] = ratios[j] ** 4;
      shareOut(out.contributions);
    }
    out.onset = this.#onset.of(this.#score);
    return this.#score;
  }

  learn(time: number, values: Float64Array, at: number): void {
    if (this.#score === this.#score) {
      this.#onset.learn(this.#score);
      this.#odd.learn(this.#together.distances, values, at);
    }
    this.#together.learn(time, values, at);
  }

  describe(): string[] {
    return this.#together.describe();
  }

  snapshot(writer: SnapshotWriter): void {
    this.#onset.snapshot(writer);
    this.#together.snapshot(writer);
    this.#odd.snapshot(writer);
  }

  static restore(reader: SnapshotReader, options: RowOptions, width: number): RowsDetector {
    const onset = new Onset(ROW_LIMIT).restore(reader);
    const together = new Together(options, width).restore(reader);
    return new RowsDetector(together, OddColumns.restore(reader, width), onset);
  }
}

export function createRows(options: RowOptions, width: number): Detector {
  return new RowsDetector(new Together(options, width), new OddColumns(width), new Onset(ROW_LIMIT));
}

export function restoreRows(reader: SnapshotReader, options: RowOptions, width: number): Detector {
  return RowsDetector.restore(reader, options, width);
}
