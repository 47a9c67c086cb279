/** From errors of the network to probabilities. */
import type { SnapshotReader, SnapshotWriter } from '../../../core/snapshot.ts';
import { QuantileSketch } from '../../../math/sketch.ts';

/** Sessions after which a past error counts half. */
const HALF_LIFE = 3000;
/** Sessions of a training that are taken in at most when it takes effect. */
const TAKEN = 5000;
/** Takes them in an order in which those of one kind do not follow each other. */
const STRIDE = (Math.sqrt(5) - 1) / 2;

/** Errors of the sessions of a training, and of those that came since. */
export class Calibration {
  readonly #errors: QuantileSketch;

  private constructor(errors: QuantileSketch) {
    this.#errors = errors;
  }

  /** `found`: errors, and how many sessions have each. */
  static of(found: readonly (readonly [error: number, sessions: number])[]): Calibration {
    const calibration = new Calibration(new QuantileSketch(HALF_LIFE));
    const sorted = found.toSorted((a, b) => a[0] - b[0]);
    const total = sorted.reduce((sum, [, sessions]) => sum + sessions, 0);
    const taken = Math.min(total, TAKEN);
    const errors = new Float64Array(taken);
    let place = 0;
    let upTo = 0;
    for (let k = 0; k < taken; k++) {
      // The last of each share, so that the largest error is among them.
      const rank = Math.ceil(((k + 1) / taken) * total);
      while (upTo < rank) upTo += sorted[place++][1];
      errors[k] = sorted[place - 1][0];
    }
    const order = Float64Array.from(errors, (_, k) => (k * STRIDE) % 1);
    for (const k of [...errors.keys()].sort((a, b) => order[a] - order[b])) calibration.learn(errors[k]);
    return calibration;
  }

  learn(error: number): void {
    this.#errors.push(error);
  }

  get isEmpty(): boolean {
    return this.#errors.count === 0;
  }

  get largest(): number {
    return this.#errors.quantile(1);
  }

  /**
   * -log10 of the probability that a session has an error this large (nats): its rank among those so far (conformal p-value, Vovk et al. 2005);
   * behind the largest of them it falls as the network's own probability does.
   */
  digits(error: number): number {
    const { weight } = this.#errors;
    const rank = (1 + weight * this.#errors.above(error)) / (1 + weight);
    return -Math.log10(rank) + Math.max(0, error - this.largest) / Math.LN10;
  }

  snapshot(writer: SnapshotWriter): void {
    this.#errors.snapshot(writer);
  }

  static restore(reader: SnapshotReader): Calibration {
    return new Calibration(QuantileSketch.restore(reader, HALF_LIFE));
  }
}
