/** Mean and variance of all values so far, the newer weighing more. */
import type { SnapshotReader, SnapshotWriter } from '../core/snapshot.ts';

/**
 * What a decay rate makes of a count: the weight of the newest of so many values, and the factor by which the biased
 * variance of them is too small. Both settle; until then the last answers are kept, for series march in step.
 * One for all series of the same alpha.
 */
class Fading {
  readonly alpha: number;
  /** From this count on the weights are settled to the last bits. */
  readonly #settled: number;
  readonly #decay: number;
  readonly #settledUnbias: number;
  #rateCount = -1;
  #rate = 1;
  #unbiasCount = -1;
  #unbias = 1;

  constructor(alpha: number) {
    this.alpha = alpha;
    this.#decay = Math.log1p(-alpha);
    this.#settled = Math.ceil((-50 * Math.LN2) / this.#decay);
    this.#settledUnbias = (2 - alpha) / (2 * (1 - alpha));
  }

  /** Weight of the newest of `count` values when all weights together are 1: alpha / (1 - (1 - alpha)^count). */
  rate(count: number): number {
    if (count >= this.#settled) return this.alpha;
    if (count !== this.#rateCount) {
      this.#rateCount = count;
      this.#rate = count < 2 ? 1 : this.alpha / -Math.expm1(count * this.#decay);
    }
    return this.#rate;
  }

  /** 1 / (1 - sum of the squared weights of `count` values); 1 below two values. */
  unbias(count: number): number {
    if (count >= this.#settled) return this.#settledUnbias;
    if (count !== this.#unbiasCount) {
      this.#unbiasCount = count;
      this.#unbias = count < 2 ? 1 : this.#unbiasOf(-Math.expm1(count * this.#decay));
    }
    return this.#unbias;
  }

  /** `sum` is alpha times the sum of the weights, the newest weighing 1; their squares sum up to alpha sum (2 - sum) / (2 - alpha). */
  #unbiasOf(sum: number): number {
    return ((2 - this.alpha) * sum) / (2 * (sum - this.alpha));
  }
}

/** Counts end here, within a small integer. */
const MOST = 2 ** 30;

const shared = new Map<number, Fading>();

/** Rates are few: one or two a pipeline. */
const MOST_SHARED = 1000;

function fadingOf(alpha: number): Fading {
  let fading = shared.get(alpha);
  if (fading === undefined) {
    if (shared.size >= MOST_SHARED) shared.clear();
    shared.set(alpha, (fading = new Fading(alpha)));
  }
  return fading;
}

/**
 * Exponentially weighted mean and variance: the value k steps back weighs (1 - alpha)^k, and the weights are normalised
 * from the first value on, so that the beginning is not biased towards it. The update is West's (1979, "Updating mean and
 * variance estimates: an improved method"): only differences from the mean are squared, so a large level costs no digits.
 * The variance is the unbiased one for reliability weights, as pandas' `ewm(alpha, adjust=True).var(bias=False)`.
 * The caller keeps missing values out.
 */
export class ExponentialMoments {
  /** Values seen, at most 2^30. */
  count = 0;
  mean = 0;
  #biased = 0;
  readonly #fading: Fading;

  /** `alpha` lies between 0 and 1, both excluded. */
  constructor(alpha: number) {
    this.#fading = fadingOf(alpha);
  }

  /** Unbiased variance; 0 below two values. */
  get variance(): number {
    return this.#biased * this.#fading.unbias(this.count);
  }

  push(x: number): void {
    const fading = this.#fading;
    if (this.count < MOST) this.count++;
    const rate = fading.rate(this.count);
    const d = x - this.mean;
    const step = d * rate;
    this.mean += step;
    this.#biased = (1 - rate) * (this.#biased + d * step);
  }

  snapshot(writer: SnapshotWriter): void {
    writer.f64(this.count);
    writer.f64(this.mean);
    writer.f64(this.#biased);
  }

  /** Reads what `snapshot` wrote, or with `withWeights` what it wrote when the weights were kept beside. */
  static restore(reader: SnapshotReader, alpha: number, withWeights = false): ExponentialMoments {
    const moments = new ExponentialMoments(alpha);
    moments.count = Math.min(reader.f64(), MOST);
    moments.mean = reader.f64();
    moments.#biased = reader.f64();
    if (withWeights) for (let i = 0; i < 4; i++) reader.f64();
    return moments;
  }
}
