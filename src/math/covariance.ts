/** Means, spreads and correlations of several columns that forget. */
import type { SnapshotReader, SnapshotWriter } from '../core/snapshot.ts';
import { FadingRanges } from './range.ts';

/** A column farther from its mean than so many standard deviations is learnt as if it lay there, once it has any. */
const CLIP = 10;

/** Distances below 16 units in the last place of the mean are rounding. */
const ROUNDING = 2 ** -48;
const TINY = 2 ** -1000;

/** A distance counts as at most so many spreads: a change of a flat column. */
const FARTHEST = 1e4;

/** A spread is at least so large a part of the range that its column has shown: what it did before is not far, however quiet it has been since. */
const LEAST_OF_RANGE = 0.05;

/** States before this version hold no ranges. */
const WITH_RANGES = 2;

/**
 * Exponentially weighted mean and covariance (update after West 1979): the newest row weighs max(1/count, alpha), distances are clipped to 10
 * spreads. `full` false: variances only.
 */
export class ExponentialCovariance {
  readonly size: number;
  readonly #alpha: number;
  readonly #mean: Float64Array;
  /** n * n with covariances below the diagonal, or n variances. */
  readonly #covariance: Float64Array;
  readonly #step: number;
  readonly #count = new Float64Array(1);
  readonly #ranges: FadingRanges;
  readonly #away: Float64Array;

  constructor(size: number, alpha: number, full: boolean) {
    this.size = size;
    this.#alpha = alpha;
    this.#mean = new Float64Array(size);
    this.#away = new Float64Array(size);
    this.#covariance = new Float64Array(full ? size * size : size);
    this.#step = full ? size + 1 : 1;
    this.#ranges = new FadingRanges(size);
  }

  get count(): number {
    return this.#count[0];
  }

  /** Rows that weigh as much as all that are still remembered. */
  get effective(): number {
    return Math.min(this.#count[0], 2 / this.#alpha - 1);
  }

  mean(i: number): number {
    return this.#mean[i];
  }

  /** Standard deviation, no less than a twentieth of the range and than what rounding can cause. */
  spread(i: number): number {
    return Math.max(Math.sqrt(this.#covariance[i * this.#step]), LEAST_OF_RANGE * this.#ranges.width(i), Math.abs(this.#mean[i]) * ROUNDING, TINY);
  }

  /** Distances of a row from the means in spreads, at most 10,000. */
  standardise(row: Float64Array, out: Float64Array): void {
    for (let i = 0; i < this.size; i++) out[i] = Math.max(-FARTHEST, Math.min(FARTHEST, (row[i] - this.#mean[i]) / this.spread(i)));
  }

  learn(row: Float64Array): void {
    const n = this.size;
    const away = this.#away;
    const covariance = this.#covariance;
    const count = ++this.#count[0];
    const a = Math.max(1 / count, this.#alpha);
    for (let i = 0; i < n; i++) {
      const variance = covariance[i * this.#step];
      const reach = variance > 0 ? CLIP * this.spread(i) : Infinity;
      away[i] = Math.max(-reach, Math.min(reach, row[i] - this.#mean[i]));
      if (count === 1) this.#ranges.begin(i, row[i]);
      else this.#ranges.learn(i, this.#mean[i], away[i]);
      this.#mean[i] += a * away[i];
    }
    if (this.#step === 1) for (let i = 0; i < n; i++) covariance[i] = (1 - a) * (covariance[i] + a * away[i] * away[i]);
    else for (let i = 0; i < n; i++) for (let j = 0, at = i * n; j <= i; j++, at++) covariance[at] = (1 - a) * (covariance[at] + a * away[i] * away[j]);
  }

  /**
   * Correlations, all of `out`, drawn towards 0 by `shrinkage` (0 to 1). Where it is not given: the share of their squares that chance
   * explains (Schaefer and Strimmer 2005, with (1 - r^2)^2 / (N - 1) as the variance of a correlation r). A flat column correlates with none.
   * Returns the shrinkage.
   */
  correlations(shrinkage: number | undefined, out: Float64Array): number {
    const n = this.size;
    let chance = 0;
    let squares = 0;
    for (let i = 0; i < n; i++) {
      out[i * n + i] = 1;
      for (let j = 0; j < i; j++) {
        const varies = this.#covariance[i * n + i] > 0 && this.#covariance[j * n + j] > 0;
        const r = varies ? Math.max(-1, Math.min(1, this.#covariance[i * n + j] / this.spread(i) / this.spread(j))) : 0;
        out[i * n + j] = r;
        squares += r * r;
        chance += (1 - r * r) ** 2;
      }
    }
    const explained = squares > 0 ? Math.min(1, chance / Math.max(1, this.effective - 1) / squares) : 1;
    const drawn = Math.max(LEAST_SHRINKAGE, shrinkage ?? explained);
    for (let i = 0; i < n; i++) for (let j = 0; j < i; j++) out[j * n + i] = out[i * n + j] *= 1 - drawn;
    return drawn;
  }

  snapshot(writer: SnapshotWriter): void {
    for (const block of [this.#count, this.#mean, this.#covariance]) writer.block(block);
    this.#ranges.snapshot(writer);
  }

  restore(reader: SnapshotReader): this {
    for (const block of [this.#count, this.#mean, this.#covariance]) reader.block(block);
    if (reader.version >= WITH_RANGES) this.#ranges.restore(reader);
    else for (let i = 0; i < this.size; i++) this.#ranges.begin(i, this.#mean[i]);
    return this;
  }
}

/** Keeps columns that say the same from making the correlations singular. */
const LEAST_SHRINKAGE = 1e-3;
