/** How far a column usually goes at most, learnt from what it did. */
import type { SnapshotReader, SnapshotWriter } from '../../../core/snapshot.ts';

/** Limit of the distance of a column of noise that 1 in 10,000 exceeds. */
const USUAL = 3.9;
/** Nearer than this is within every limit by a tenth. */
const QUIET = 0.9 * USUAL;

/** From the higher quantile to the limit it is this part of the way that lies between the two, unless told otherwise. */
const POWER = 0.8;

/** With each doubling of the columns every limit is so much farther, since the largest of more is larger. */
const PER_DOUBLING = 0.01;

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
export class ColumnTail {
  /** Logarithms of the lower and the higher quantile, rows learnt. */
  readonly #state = new Float64Array([Math.log(2.58), Math.log(3.29), 200]);

  readonly #power: number;

  constructor(power = POWER) {
    this.#power = power;
  }

  /** A distance by the limit; 0 where it lies clearly below every limit. */
  ratio(distance: number): number {
    return distance < QUIET ? 0 : distance / this.limit;
  }

  get limit(): number {
    const s = this.#state;
    const log = s[1] + this.#power * Math.max(0, s[1] - s[0]);
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

  restore(reader: SnapshotReader): this {
    reader.block(this.#state);
    return this;
  }
}

/** How many times farther the limits of so many columns lie. */
export function widerOf(width: number): number {
  return 1 + PER_DOUBLING * Math.log2(width);
}
