/** One column of many that does what it never does, however calm the others are. */
import type { SnapshotReader, SnapshotWriter } from '../../../core/snapshot.ts';
import { isMissing } from '../../zscore.ts';
import { Stuck } from '../stuck.ts';
import { TUNING } from '../tuning.ts';
import { ColumnTails, QUIET, widerOf } from './tail.ts';

/** Rows after which the first distances count half: their spreads are not yet known. */
const EASE = 60;
/** The same for runs, which are fewer than rows. */
const EASE_RUNS = 300;

/** A column that repeats values by nature, so that only a longer run would be unusual, is not watched for runs; and a run so many times its limit is how the column is now. */
const LONGEST_RUN = 2 * TUNING.stuckLeast;
const ADOPTED = 3;

/** Distances by the limit of each column, that limit learnt from its own tail; and runs of equal values by the longest that is usual. */
export class OddColumns {
  /** Of each column of the row scored last, 1 at its limit. */
  readonly ratios: Float64Array;
  readonly #tails: ColumnTails;
  readonly #stuck: readonly Stuck[];
  readonly #wider: number;

  constructor(width: number, tails = new ColumnTails(width), stuck: () => Stuck = () => new Stuck(TUNING)) {
    this.ratios = new Float64Array(width);
    this.#tails = tails;
    this.#stuck = Array.from({ length: width }, stuck);
    this.#wider = widerOf(width);
  }

  /** The largest ratio; `rows`: scored so far. */
  score(distances: Float64Array, rows: number, values: Float64Array, at: number): number {
    const eased = rows / (rows + EASE) / this.#wider;
    const easedRun = rows / (rows + EASE_RUNS);
    let largest = 0;
    for (let j = 0; j < distances.length; j++) {
      const distance = distances[j];
      const far = distance * eased;
      const run = distance === distance ? easedRun * stuckRatio(this.#stuck[j], values[at + j]) : 0;
      const ratio = far >= QUIET ? Math.max(this.#tails.ratio(j, far), run) : run;
      this.ratios[j] = ratio;
      if (ratio > largest) largest = ratio;
    }
    return largest;
  }

  learn(distances: Float64Array, values: Float64Array, at: number): void {
    this.#tails.learn(distances);
    for (let j = 0; j < distances.length; j++) {
      const x = values[at + j];
      if (!isMissing(x)) this.#stuck[j].learn(x);
    }
  }

  snapshot(writer: SnapshotWriter): void {
    this.#tails.snapshot(writer);
    for (const stuck of this.#stuck) stuck.snapshot(writer);
  }

  static restore(reader: SnapshotReader, width: number): OddColumns {
    return new OddColumns(width, new ColumnTails(width).restore(reader), () => Stuck.restore(reader, TUNING));
  }
}

/** 1 at the longest run of equal values that is usual; 0 where runs say nothing. */
function stuckRatio(stuck: Stuck, x: number): number {
  const ratio = stuck.score(x);
  // Most values are not the one before: their limit is not asked for.
  return ratio === 0 || ratio > ADOPTED || stuck.limit > LONGEST_RUN ? 0 : ratio;
}
