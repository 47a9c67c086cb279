/** One column of many that does what it never does, however calm the others are. */
import type { SnapshotReader, SnapshotWriter } from '../../../core/snapshot.ts';
import { isMissing } from '../../zscore.ts';
import { Stuck } from '../stuck.ts';
import { TUNING } from '../tuning.ts';

/** Limit of the distance of a column of noise that 1 in 10,000 exceeds, and how far that lies above the higher quantile that is learnt. */
const USUAL = 3.9;

/** With each doubling of the columns every limit is so much farther, since the largest of more is larger. */
const PER_DOUBLING = 0.01;

/** Rows after which the first distances count half: their spreads are not yet known. */
const EASE = 60;
/** The same for runs, which are fewer than rows. */
const EASE_RUNS = 300;

/** From the higher quantile to the limit it is this part of the way that lies between the two. */
const POWER = 0.8;

/** A column that repeats values by nature, so that only a longer run would be unusual, is not watched for runs; and a run so many times its limit is how the column is now. */
const LONGEST_RUN = 2 * TUNING.stuckLeast;
const ADOPTED = 3;

/** Distances by the limit of each column, that limit learnt from its own tail; and runs of equal values by the longest that is usual. */
export class OddColumns {
  /** Of each column of the row scored last, 1 at its limit. */
  readonly ratios: Float64Array;
  readonly #tails: readonly ColumnTail[];
  readonly #stuck: readonly Stuck[];
  readonly #wider: number;

  constructor(width: number, tail: () => ColumnTail = () => new ColumnTail(), stuck: () => Stuck = () => new Stuck(TUNING)) {
    this.ratios = new Float64Array(width);
    this.#tails = Array.from({ length: width }, tail);
    this.#stuck = Array.from({ length: width }, stuck);
    this.#wider = 1 + PER_DOUBLING * Math.log2(width);
  }

  /** The largest ratio; `rows`: scored so far. */
  score(distances: Float64Array, rows: number, values: Float64Array, at: number): number {
    const eased = rows / (rows + EASE) / this.#wider;
    const easedRun = rows / (rows + EASE_RUNS);
    let largest = 0;
    for (let j = 0; j < distances.length; j++) {
      const distance = distances[j];
      const ratio = distance === distance ? Math.max((distance * eased) / this.#tails[j].limit, easedRun * stuckRatio(this.#stuck[j], values[at + j])) : 0;
      this.ratios[j] = ratio;
      if (ratio > largest) largest = ratio;
    }
    return largest;
  }

  learn(distances: Float64Array, values: Float64Array, at: number): void {
    for (let j = 0; j < distances.length; j++) {
      const x = values[at + j];
      if (isMissing(x)) continue;
      this.#tails[j].learn(distances[j]);
      this.#stuck[j].learn(x);
    }
  }

  snapshot(writer: SnapshotWriter): void {
    for (const tail of this.#tails) tail.snapshot(writer);
    for (const stuck of this.#stuck) stuck.snapshot(writer);
  }

  static restore(reader: SnapshotReader, width: number): OddColumns {
    return new OddColumns(
      width,
      () => ColumnTail.restore(reader),
      () => Stuck.restore(reader, TUNING),
    );
  }
}

/** 1 at the longest run of equal values that is usual; 0 where runs say nothing. */
function stuckRatio(stuck: Stuck, x: number): number {
  const ratio = stuck.score(x);
  // Most values are not the one before: their limit is not asked for.
  return ratio === 0 || ratio > ADOPTED || stuck.limit > LONGEST_RUN ? 0 : ratio;
}

/** Shares of the rows beyond the two quantiles that are learnt; where these begin: at those of noise. */
const HIGH_SHARE = 1e-3;
const LOW_SHARE = 1e-2;
const SLOWEST = 1 / 5000;
const GAIN = 2;

/** Below this logarithm a limit is the usual one, whatever its rounding. */
const SURELY_USUAL = Math.log(USUAL) - 1e-6;

/** Where the tangent touches the logarithm, and its height at 0, a little above. */
const TANGENT_AT = 2.5;
const TANGENT = Math.log(TANGENT_AT) - 1 + 1e-6;

/** The distance that about 1 in 10,000 rows exceed: two quantiles learnt in the logarithm, continued as a power. */
class ColumnTail {
  /** Logarithms of the lower and the higher quantile, rows learnt. */
  readonly #state = new Float64Array([Math.log(2.58), Math.log(3.29), 200]);

  get limit(): number {
    const s = this.#state;
    const log = s[1] + POWER * Math.max(0, s[1] - s[0]);
    return log < SURELY_USUAL ? USUAL : Math.max(USUAL, Math.exp(log));
  }

  learn(distance: number): void {
    const s = this.#state;
    // A logarithm lies below its tangent: most distances are seen to be below both quantiles without it.
    const isBelow = distance / TANGENT_AT + TANGENT < Math.min(s[0], s[1]);
    const log = distance > 0 && !isBelow ? Math.log(distance) : -1e9;
    const rate = GAIN * Math.max(SLOWEST, 1 / ++s[2]);
    s[0] += (rate / Math.sqrt(LOW_SHARE)) * ((log > s[0] ? 1 : 0) - LOW_SHARE);
    s[1] += (rate / Math.sqrt(HIGH_SHARE)) * ((log > s[1] ? 1 : 0) - HIGH_SHARE);
  }

  snapshot(writer: SnapshotWriter): void {
    writer.block(this.#state);
  }

  static restore(reader: SnapshotReader): ColumnTail {
    const tail = new ColumnTail();
    reader.block(tail.#state);
    return tail;
  }
}
