/** A network of one hidden layer that gives its input back. */
import type { SnapshotReader, SnapshotWriter } from '../core/snapshot.ts';

const FIRST_DECAY = 0.9;
const SECOND_DECAY = 0.999;
const EPSILON = 1e-8;

/** hidden = tanh(U x + a), given = V hidden + b; half the squared error is made smaller by Adam (Kingma and Ba 2015), a row at a time. */
export class Network {
  readonly #inputs: number;
  readonly #hidden: number;
  readonly #rate: number;
  /** U and a (a row a hidden unit, the bias last), then V and b (a row an output, the bias last); the means of their gradients and of the squares. */
  readonly #weights: Float64Array;
  readonly #first: Float64Array;
  readonly #second: Float64Array;
  /** Rows learnt. */
  readonly #count = new Float64Array(1);
  readonly #active: Float64Array;
  readonly #given: Float64Array;
  readonly #back: Float64Array;

  /** `normal(i)`: the i-th of standard normal numbers, for the first weights (scaled by fan-in); biases begin at 0. */
  constructor(inputs: number, hidden: number, rate: number, normal: (i: number) => number) {
    const count = hidden * (inputs + 1) + inputs * (hidden + 1);
    this.#inputs = inputs;
    this.#hidden = hidden;
    this.#rate = rate;
    this.#weights = new Float64Array(count);
    this.#first = new Float64Array(count);
    this.#second = new Float64Array(count);
    this.#active = new Float64Array(hidden);
    this.#given = new Float64Array(inputs);
    this.#back = new Float64Array(hidden);
    let at = 0;
    for (let h = 0; h < hidden; h++, at++) for (let i = 0; i < inputs; i++, at++) this.#weights[at] = normal(at) / Math.sqrt(inputs);
    for (let i = 0; i < inputs; i++, at++) for (let h = 0; h < hidden; h++, at++) this.#weights[at] = normal(at) / Math.sqrt(hidden);
  }

  /** What the network makes of a row; valid until the next call. */
  run(row: Float64Array): Float64Array {
    const w = this.#weights;
    let at = 0;
    for (let h = 0; h < this.#hidden; h++, at++) {
      let sum = 0;
      for (let i = 0; i < this.#inputs; i++, at++) sum += w[at] * row[i];
      this.#active[h] = Math.tanh(sum + w[at]);
    }
    for (let i = 0; i < this.#inputs; i++, at++) {
      let sum = 0;
      for (let h = 0; h < this.#hidden; h++, at++) sum += w[at] * this.#active[h];
      this.#given[i] = sum + w[at];
    }
    return this.#given;
  }

  learn(row: Float64Array): void {
    this.run(row);
    const count = ++this.#count[0];
    const step = (this.#rate * Math.sqrt(1 - SECOND_DECAY ** count)) / (1 - FIRST_DECAY ** count);
    const back = this.#back.fill(0);
    let at = this.#hidden * (this.#inputs + 1);
    for (let i = 0; i < this.#inputs; i++, at++) {
      const error = (this.#given[i] - row[i]) / this.#inputs;
      for (let h = 0; h < this.#hidden; h++, at++) {
        back[h] += error * this.#weights[at];
        this.#move(at, error * this.#active[h], step);
      }
      this.#move(at, error, step);
    }
    at = 0;
    for (let h = 0; h < this.#hidden; h++, at++) {
      const error = back[h] * (1 - this.#active[h] * this.#active[h]);
      for (let i = 0; i < this.#inputs; i++, at++) this.#move(at, error * row[i], step);
      this.#move(at, error, step);
    }
  }

  #move(at: number, gradient: number, step: number): void {
    const first = (this.#first[at] = FIRST_DECAY * this.#first[at] + (1 - FIRST_DECAY) * gradient);
    const second = (this.#second[at] = SECOND_DECAY * this.#second[at] + (1 - SECOND_DECAY) * gradient * gradient);
    this.#weights[at] -= (step * first) / (Math.sqrt(second) + EPSILON);
  }

  snapshot(writer: SnapshotWriter): void {
    for (const block of [this.#count, this.#weights, this.#first, this.#second]) writer.block(block);
  }

  restore(reader: SnapshotReader): this {
    for (const block of [this.#count, this.#weights, this.#first, this.#second]) reader.block(block);
    return this;
  }
}
