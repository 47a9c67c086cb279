/** Random numbers that can be asked for by number instead of one after another. */

/**
 * Three random words for each (stream, index), always the same for the same seed: there is no state to keep, so what uses
 * it goes on from any index without replaying what lies before. The mixing is pcg3d of Jarzynski and Olano, "Hash Functions
 * for GPU Rendering" (Journal of Computer Graphics Techniques 9(3), 2020).
 */
export class CounterRandom {
  readonly #seed: number;
  #a = 0;
  #b = 0;
  #c = 0;

  constructor(seed: number) {
    this.#seed = Math.imul(seed | 0, 0x9e3779b1) ^ Math.floor(seed / 2 ** 32);
  }

  /** Moves to (stream, index): whole numbers from 0 on, the stream below 2^32, the index below 2^53. */
  at(stream: number, index: number): this {
    const high = Math.floor(index / 2 ** 32);
    let x = (Math.imul(stream, 1664525) + 1013904223) | 0;
    let y = (Math.imul(index, 1664525) + 1013904223) | 0;
    let z = (Math.imul(this.#seed + Math.imul(high, 0x85ebca6b), 1664525) + 1013904223) | 0;
    x = (x + Math.imul(y, z)) | 0;
    y = (y + Math.imul(z, x)) | 0;
    z = (z + Math.imul(x, y)) | 0;
    x ^= x >>> 16;
    y ^= y >>> 16;
    z ^= z >>> 16;
    this.#a = x = (x + Math.imul(y, z)) | 0;
    this.#b = y = (y + Math.imul(z, x)) | 0;
    this.#c = (z + Math.imul(x, y)) | 0;
    return this;
  }

  /** Uniform in [0, 1), 32 bits. `uniform` and `normal` are independent of each other at one place. */
  uniform(): number {
    return (this.#c >>> 0) / 2 ** 32;
  }

  /** Standard normal (Box and Muller 1958), at most 6.7 away from 0. */
  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(((this.#a >>> 0) + 1) / 2 ** 32));
    return radius * Math.cos((2 * Math.PI * (this.#b >>> 0)) / 2 ** 32);
  }

  /** A whole number from 0 to n - 1, of the same word as `uniform`. */
  below(n: number): number {
    return Math.floor(this.uniform() * n);
  }
}
