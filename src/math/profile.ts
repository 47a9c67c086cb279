/** What returns with the hour, the day or another period: offsets at places on a circle, learnt from residuals. */

/** Cycles after which a visit weighs 1 / e. */
const CYCLES = 8;

/**
 * Offsets at places of one or several circles, between two places in proportion. What is learnt at first is a mean with
 * one more value of 0, so that little is made of little; later it forgets within about eight cycles. Values and weights
 * lie in arrays of the caller.
 */
export class Profile {
  readonly #offsets: Float64Array;
  readonly #weights: Float32Array;
  readonly #places: number;
  #low = 0;
  #high = 0;
  #share = 0;

  /** `places` on a circle; the arrays hold one circle after another. */
  constructor(offsets: Float64Array, weights: Float32Array, places: number) {
    this.#offsets = offsets;
    this.#weights = weights;
    this.#places = places;
  }

  /** Moves to `phase` (0 to 1, of the cycle) on a circle and answers the offset there. Places lie in the middle of their parts. */
  at(phase: number, circle = 0): number {
    const n = this.#places;
    const from = phase * n - 0.5;
    const below = Math.floor(from);
    this.#share = from - below;
    const first = circle * n;
    this.#low = first + (below < 0 ? n - 1 : below);
    this.#high = first + (below + 1 >= n ? 0 : below + 1);
    return this.#offsets[this.#low] * (1 - this.#share) + this.#offsets[this.#high] * this.#share;
  }

  /** Learns the residual at the place moved to last; `part`: the time since the last value as a part of a place's. Answers what is left of it. */
  learn(residual: number, part: number): number {
    const floor = Math.min(part / CYCLES, 0.25);
    const learnt = this.#learnAt(this.#low, 1 - this.#share, residual, floor) + this.#learnAt(this.#high, this.#share, residual, floor);
    return residual - learnt;
  }

  clear(): void {
    this.#offsets.fill(0);
    this.#weights.fill(0);
  }

  /** Answers by how much the offset between the places moved on account of this one. */
  #learnAt(place: number, share: number, residual: number, floor: number): number {
    const weight = this.#weights[place] + share;
    this.#weights[place] = weight;
    const step = share * residual * Math.max(1 / (weight + 1), floor);
    this.#offsets[place] += step;
    return step * share;
  }
}
