/** Mean and variance of all values so far, the newer weighing more. */
import type { SnapshotReader, SnapshotWriter } from '../core/snapshot.ts';

/**
 * Exponentially weighted mean and variance: the value k steps back weighs (1 - alpha)^k, and the weights are normalised
 * from the first value on, so that the beginning is not biased towards it. The update is West's (1979, "Updating mean and
 * variance estimates: an improved method"): only differences from the mean are squared, so a large level costs no digits.
 * The variance is the unbiased one for reliability weights, as pandas' `ewm(alpha, adjust=True).var(bias=False)`.
 * The caller keeps missing values out.
 */
export class ExponentialMoments {
  readonly alpha: number;
  count = 0;
  mean = 0;
  /** Weight of the newest value; falls from 1 to alpha and stays there. */
  #rate = 1;
  /** Sum of the weights, the newest weighing 1. */
  #weight = 0;
  /** Sum of the squared normalised weights. */
  #squaredWeights = 1;
  /** 1 / (1 - squaredWeights), by which the biased variance is too small. */
  #unbias = 1;
  #biased = 0;

  /** `alpha` lies between 0 and 1, both excluded. */
  constructor(alpha: number) {
    this.alpha = alpha;
  }

  /** Unbiased variance; 0 below two values. */
  get variance(): number {
    return this.#biased * this.#unbias;
  }

  push(x: number): void {
    this.count++;
    if (this.#rate !== this.alpha) this.#settle();
    const d = x - this.mean;
    const step = d * this.#rate;
    this.mean += step;
    this.#biased = (1 - this.#rate) * (this.#biased + d * step);
  }

  snapshot(writer: SnapshotWriter): void {
    writer.f64(this.count);
    writer.f64(this.mean);
    writer.f64(this.#biased);
    writer.f64(this.#rate);
    writer.f64(this.#weight);
    writer.f64(this.#squaredWeights);
    writer.f64(this.#unbias);
  }

  static restore(reader: SnapshotReader, alpha: number): ExponentialMoments {
    const moments = new ExponentialMoments(alpha);
    moments.count = reader.f64();
    moments.mean = reader.f64();
    moments.#biased = reader.f64();
    moments.#rate = reader.f64();
    moments.#weight = reader.f64();
    moments.#squaredWeights = reader.f64();
    moments.#unbias = reader.f64();
    return moments;
  }

  /** The weight of the newest value while there are few; once it is alpha to the last digits, it is alpha. */
  #settle(): void {
    const { alpha } = this;
    this.#weight = 1 + (1 - alpha) * this.#weight;
    const rate = 1 / this.#weight;
    this.#squaredWeights = (1 - rate) * (1 - rate) * this.#squaredWeights + rate * rate;
    this.#rate = rate - alpha < alpha * 2 ** -50 ? alpha : rate;
    this.#unbias = this.count < 2 ? 1 : 1 / (1 - this.#squaredWeights);
  }
}
