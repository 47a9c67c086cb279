/** Spans of steps in which something is wrong, found from the step alone. */
import type { CounterRandom } from '../../core/random.ts';

/**
 * Time is cut into blocks of `length` steps, and within each block of each stream an episode begins with the chance given;
 * it lasts from a random step of the block's first half for a quarter to a half of the block. No episode crosses a block,
 * so the block of a step tells all there is to know of it.
 */
export class Episodes {
  readonly length: number;
  readonly #base: number;
  readonly #chance: number;
  readonly #random: CounterRandom;
  readonly #kinds: number;
  /** Of each stream in the block at hand: first and last step, which kind (0: none), how strong (0 .. 1). */
  readonly first: Float64Array;
  readonly last: Float64Array;
  readonly kind: Uint8Array;
  readonly strength: Float64Array;
  #block = -1;

  /** `base` keeps its random numbers apart from those of others: streams base .. base + streams - 1 are used. */
  constructor(random: CounterRandom, base: number, options: { streams: number; length: number; chance: number; kinds: number }) {
    this.#random = random;
    this.#base = base;
    this.#chance = options.chance;
    this.#kinds = options.kinds;
    this.length = Math.max(4, options.length);
    this.first = new Float64Array(options.streams);
    this.last = new Float64Array(options.streams);
    this.kind = new Uint8Array(options.streams);
    this.strength = new Float64Array(options.streams);
  }

  /** Makes the block of this step the one at hand. */
  at(step: number): void {
    const block = Math.floor(step / this.length);
    if (block === this.#block) return;
    this.#block = block;
    const quarter = this.length / 4;
    for (let i = 0; i < this.kind.length; i++) {
      const stream = this.#base + i;
      const begins = this.#kinds > 0 && this.#random.at(stream, block * 4).uniform() < this.#chance;
      this.kind[i] = begins ? 1 + this.#random.at(stream, block * 4 + 1).below(this.#kinds) : 0;
      this.first[i] = block * this.length + Math.floor(this.#random.at(stream, block * 4 + 2).uniform() * 2 * quarter);
      this.strength[i] = this.#random.at(stream, block * 4 + 3).uniform();
      this.last[i] = this.first[i] + Math.floor(quarter * (1 + this.strength[i])) - 1;
    }
  }

  /** Kind of the episode that this step of this stream lies in, 0 for none. */
  of(stream: number, step: number): number {
    return step >= this.first[stream] && step <= this.last[stream] ? this.kind[stream] : 0;
  }

  /** How far the episode of this stream has come at this step: above 0, and 1 at its last step. */
  progress(stream: number, step: number): number {
    const first = this.first[stream];
    return (step - first + 1) / (this.last[stream] - first + 1);
  }
}
