/** What is usual of each column: level, spread, and how much of a distance is left one row later. */
import type { SnapshotReader, SnapshotWriter } from '../../../core/snapshot.ts';
import { isMissing } from '../../zscore.ts';

/** The newest row weighs at least one over this: what is usual changes over 20,000 rows. */
const HORIZON = 20_000;

/** From so many learnt rows on a value is learnt as if it lay at most CLIP spreads away. */
const UNCLIPPED = 30;
const CLIP = 12;
/** Least part of the level, and of the mean distance, that counts as spread when a value is clipped: a flat column must be able to grow one. */
const OF_LEVEL = 0.001;
const OF_DISTANCE = 0.05;
/** A distance counts as at most so many mean distances. */
const FARTHEST = 50;

/** Part of the level that is rounding, and a spread of 0 that can be divided by. */
const ROUNDING = 2 ** -44;
const TINY = 1e-300;

const MEAN = 0;
const VARIANCE = 1;
const COVARIANCE = 2;
const NOISE = 3;
const CARRY = 4;
const DISTANCE = 5;
const BEFORE = 6;
const LATEST = 7;
const STRIDE = 8;

/** A first-order autoregression of each column, whose moments are exponentially weighted and clipped. */
export class Residuals {
  readonly #state: Float64Array;
  /** Rows learnt. */
  readonly #count = new Float64Array(1);
  /** Of each column the spread of its values and that of its steps: roots that every row needs. */
  readonly #spreads: Float64Array;

  constructor(width: number) {
    this.#spreads = new Float64Array(2 * width).fill(TINY);
    this.#state = new Float64Array(width * STRIDE);
    for (let at = 0; at < this.#state.length; at += STRIDE) this.#state[at + BEFORE] = this.#state[at + LATEST] = NaN;
  }

  /**
   * Of each value of a row its distance from the level, in spreads, and its step: the distance from what the value before it let expect, in
   * spreads of such distances. Of a missing value neither is written.
   */
  look(values: Float64Array, from: number, levels: Float64Array, steps: Float64Array): void {
    const s = this.#state;
    for (let j = 0, at = 0; j < levels.length; j++, at += STRIDE) {
      const x = values[from + j];
      if (isMissing(x)) continue;
      const mean = s[at + MEAN];
      const latest = s[at + LATEST];
      const carried = latest === latest ? s[at + CARRY] * (latest - mean) : 0;
      levels[j] = (x - mean) / this.#spreads[2 * j];
      steps[j] = (x - mean - carried) / this.#spreads[2 * j + 1];
    }
  }

  /** Of each value of a row its distance from the level, in spreads; NaN where it is missing. */
  levels(values: Float64Array, from: number, levels: Float64Array): void {
    const s = this.#state;
    for (let j = 0, at = 0; j < levels.length; j++, at += STRIDE) {
      const x = values[from + j];
      levels[j] = isMissing(x) ? NaN : (x - s[at + MEAN]) / this.#spreads[2 * j];
    }
  }

  /** x is the value before the next one, from now on. */
  pass(column: number, x: number): void {
    this.#state[column * STRIDE + LATEST] = x;
  }

  /** Learns a row that was passed some time ago. */
  learn(values: Float64Array, from: number, width: number): void {
    const learnt = ++this.#count[0];
    const a = Math.max(1 / learnt, 1 / HORIZON);
    for (let j = 0; j < width; j++) if (!isMissing(values[from + j])) this.#learn(j * STRIDE, values[from + j], a, learnt > UNCLIPPED);
    this.#spread();
  }

  #learn(at: number, x: number, a: number, clips: boolean): void {
    const s = this.#state;
    if (s[at + BEFORE] !== s[at + BEFORE]) s[at + MEAN] = s[at + BEFORE] = x;
    const mean = s[at + MEAN];
    let away = x - mean;
    let before = s[at + BEFORE] - mean;
    let left = away - s[at + CARRY] * before;
    const distance = Math.abs(away);
    if (clips) {
      const least = OF_LEVEL * Math.abs(mean) + OF_DISTANCE * s[at + DISTANCE];
      if (left * left > CLIP * CLIP * s[at + NOISE]) left = within(left, CLIP * (Math.sqrt(s[at + NOISE]) + least));
      const surely = CLIP * CLIP * s[at + VARIANCE];
      if (away * away > surely || before * before > surely) {
        const reach = CLIP * (Math.sqrt(s[at + VARIANCE]) + least);
        away = within(away, reach);
        before = within(before, reach);
      }
    }
    s[at + DISTANCE] += a * ((clips && s[at + DISTANCE] > 0 ? Math.min(distance, FARTHEST * s[at + DISTANCE]) : distance) - s[at + DISTANCE]);
    s[at + NOISE] += a * (left * left - s[at + NOISE]);
    s[at + COVARIANCE] += a * (away * before - s[at + COVARIANCE]);
    s[at + VARIANCE] += a * (away * away - s[at + VARIANCE]);
    s[at + MEAN] += a * away;
    s[at + CARRY] = s[at + VARIANCE] > 0 ? Math.max(0, Math.min(1, s[at + COVARIANCE] / s[at + VARIANCE])) : 0;
    s[at + BEFORE] = x;
  }

  #spread(): void {
    const s = this.#state;
    for (let k = 0, at = 0; at < s.length; k += 2, at += STRIDE) {
      const rounding = ROUNDING * Math.abs(s[at + MEAN]);
      this.#spreads[k] = Math.sqrt(s[at + VARIANCE]) + rounding + TINY;
      this.#spreads[k + 1] = Math.sqrt(s[at + NOISE]) + rounding + TINY;
    }
  }

  snapshot(writer: SnapshotWriter): void {
    writer.block(this.#count);
    writer.block(this.#state);
  }

  restore(reader: SnapshotReader): this {
    reader.block(this.#count);
    reader.block(this.#state);
    this.#spread();
    return this;
  }
}

export function within(x: number, reach: number): number {
  return x > reach ? reach : x < -reach ? -reach : x;
}
