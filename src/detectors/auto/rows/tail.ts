/** How far a column usually goes at most, learnt from what it did. */
import type { SnapshotReader, SnapshotWriter } from '../../../core/snapshot.ts';

/** Limit of the distance of a column of noise that 1 in 10,000 exceeds. */
const USUAL = 3.9;
/** Nearer than this is within every limit by a tenth: 0 of it. */
export const QUIET = 0.9 * USUAL;

/** From the higher quantile to the limit it is this part of the way that lies between the two, unless told otherwise. */
const POWER = 0.8;

/** With each doubling of the columns every limit is so much farther, since the largest of more is larger. */
const PER_DOUBLING = 0.01;

/** Shares of the rows beyond the two quantiles that are learnt; where these begin: at those of noise. */
const HIGH_SHARE = 1e-3;
const LOW_SHARE = 1e-2;
const SLOWEST = 1 / 5000;
const GAIN = 2;
const HIGH_STEP = (GAIN * SLOWEST) / Math.sqrt(HIGH_SHARE);
const LOW_STEP = (GAIN * SLOWEST) / Math.sqrt(LOW_SHARE);
/** From so many rows on the steps are the least. */
const STEADY = 1 / SLOWEST;

/** Below this logarithm a limit is the usual one, whatever its rounding. */
const SURELY_USUAL = Math.log(USUAL) - 1e-6;

/** A logarithm lies below its tangent, by which most distances are seen to be below both quantiles: its slope, and its height at 0, a little above. */
const TANGENT_AT = 2.5;
const SLOPE = 1 / TANGENT_AT;
const TANGENT = Math.log(TANGENT_AT) - 1 + 1e-6;

const LOW = 0;
const HIGH = 1;
const LEARNT = 2;
const STRIDE = 3;

/** Of each column the distance that about 1 in 10,000 rows exceed: two quantiles learnt in the logarithm, continued as a power. */
export class ColumnTails {
  /** Of each column the logarithms of the lower and the higher quantile, and the rows learnt. */
  readonly #state: Float64Array;
  readonly #power: number;

  constructor(width: number, power = POWER) {
    this.#power = power;
    this.#state = new Float64Array(width * STRIDE);
    for (let at = 0; at < this.#state.length; at += STRIDE) this.#state.set([Math.log(2.58), Math.log(3.29), 200], at);
  }

  /** A distance of a column by its limit. */
  ratio(column: number, distance: number): number {
    const s = this.#state;
    const at = column * STRIDE;
    const log = s[at + HIGH] + this.#power * Math.max(0, s[at + HIGH] - s[at + LOW]);
    return distance / (log < SURELY_USUAL ? USUAL : Math.max(USUAL, Math.exp(log)));
  }

  /** Learns the distance of each column; none where it is NaN. */
  learn(distances: Float64Array): void {
    const s = this.#state;
    for (let j = 0, at = 0; j < distances.length; j++, at += STRIDE) {
      const distance = distances[j];
      if (distance !== distance) continue;
      const low = s[at + LOW];
      const high = s[at + HIGH];
      const isBelow = distance * SLOPE + TANGENT < Math.min(low, high);
      const log = distance > 0 && !isBelow ? Math.log(distance) : -1e9;
      const times = ++s[at + LEARNT] < STEADY ? STEADY / s[at + LEARNT] : 1;
      s[at + LOW] = low + times * LOW_STEP * ((log > low ? 1 : 0) - LOW_SHARE);
      s[at + HIGH] = high + times * HIGH_STEP * ((log > high ? 1 : 0) - HIGH_SHARE);
    }
  }

  snapshot(writer: SnapshotWriter): void {
    for (const column of this.#columns()) writer.block(column);
  }

  restore(reader: SnapshotReader): this {
    for (const column of this.#columns()) reader.block(column);
    return this;
  }

  *#columns(): Generator<Float64Array> {
    for (let at = 0; at < this.#state.length; at += STRIDE) yield this.#state.subarray(at, at + STRIDE);
  }
}

/** How many times farther the limits of so many columns lie. */
export function widerOf(width: number): number {
  return 1 + PER_DOUBLING * Math.log2(width);
}
