/** Adam: steps along the mean of the gradients over the root of the mean of their squares. */
import type { SnapshotReader, SnapshotWriter } from '../core/snapshot.ts';

const FIRST_DECAY = 0.9;
const SECOND_DECAY = 0.999;
const EPSILON = 1e-8;

/** Kingma and Ba (2015), over weights of 32 bits. Gradients longer than `longest` are shortened to it (Pascanu et al. 2013). */
export class Adam {
  readonly #first: Float32Array;
  readonly #second: Float32Array;
  readonly #longest: number;
  /** Steps done. */
  readonly #count = new Float64Array(1);

  constructor(weights: number, longest: number) {
    this.#first = new Float32Array(weights);
    this.#second = new Float32Array(weights);
    this.#longest = longest;
  }

  step(weights: Float32Array, gradients: Float32Array, rate: number): void {
    let squares = 0;
    for (let i = 0; i < gradients.length; i++) squares += gradients[i] * gradients[i];
    const scale = Math.min(1, this.#longest / Math.sqrt(squares));
    const count = ++this.#count[0];
    const step = (rate * Math.sqrt(1 - SECOND_DECAY ** count)) / (1 - FIRST_DECAY ** count);
    for (let i = 0; i < weights.length; i++) {
      const gradient = gradients[i] * scale;
      const first = (this.#first[i] = FIRST_DECAY * this.#first[i] + (1 - FIRST_DECAY) * gradient);
      const second = (this.#second[i] = SECOND_DECAY * this.#second[i] + (1 - SECOND_DECAY) * gradient * gradient);
      weights[i] -= (step * first) / (Math.sqrt(second) + EPSILON);
    }
  }

  snapshot(writer: SnapshotWriter): void {
    for (const block of [this.#count, this.#first, this.#second]) writer.block(block);
  }

  restore(reader: SnapshotReader): this {
    for (const block of [this.#count, this.#first, this.#second]) reader.block(block);
    return this;
  }
}
