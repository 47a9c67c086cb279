/** Long short-term memory over batches of sequences of tokens (Hochreiter and Schmidhuber 1997; gates of Gers et al. 2000), with its gradients. */
import type { Matrix, Part, Workspace } from './kernels.ts';

/** Rows are worked on in groups of so many. */
export const ROW_GROUP = 4;

/** The least multiple of `group` that is not below n. */
export function upTo(n: number, group: number): number {
  return Math.ceil(n / group) * group;
}

/**
 * One layer. Tokens are one-hot, so a token's row of the input weights takes the place of a product, and of a bias. Rows of a batch are sequences;
 * at step t only the first running[t] of them run, the others keep the state 0 (before they begin) or are of no interest (behind their end).
 */
export class LstmLayer {
  readonly units: number;
  readonly #space: Workspace;
  readonly #batch: number;
  /** tokens * 4 units, and units * 4 units; their gradients; the second one transposed. */
  readonly #input: Part;
  readonly #recurrent: Matrix;
  readonly #inputGradient: Part;
  readonly #recurrentGradient: Matrix;
  readonly #transposed: Matrix;
  /** By step and row: gates, and tanh of the cell; by step + 1 and row: cells and outputs, those before the first step at 0. */
  readonly #gates: Float32Array;
  readonly #active: Float32Array;
  readonly cells: Float32Array;
  readonly outputs: Float32Array;
  /** By row: gradients of the output and of the cell, of the step worked on. */
  readonly outGradient: Float32Array;
  readonly cellGradient: Float32Array;

  /** Floats of weights. */
  static weights(tokens: number, units: number): number {
    return (tokens + units) * 4 * units;
  }

  /** Floats of workspace beside the weights and their gradients. */
  static room(units: number, batch: number, steps: number): number {
    return 4 * units * units + batch * units * (5 * steps + 2 * (steps + 1) + 2);
  }

  constructor(space: Workspace, tokens: number, units: number, batch: number, steps: number, weights: Part, gradients: Part) {
    this.units = units;
    this.#space = space;
    this.#batch = batch;
    const behind = tokens * 4 * units;
    this.#input = weights;
    this.#recurrent = { values: weights.values, at: weights.at + behind, stride: 4 * units };
    this.#inputGradient = gradients;
    this.#recurrentGradient = { values: gradients.values, at: gradients.at + behind, stride: 4 * units };
    this.#transposed = { values: space.floats(4 * units * units), at: 0, stride: units };
    this.#gates = space.floats(steps * batch * 4 * units);
    this.#active = space.floats(steps * batch * units);
    this.cells = space.floats((steps + 1) * batch * units);
    this.outputs = space.floats((steps + 1) * batch * units);
    this.outGradient = space.floats(batch * units);
    this.cellGradient = space.floats(batch * units);
  }

  /** Weights as they begin: uniform by fan-in and fan-out (Glorot and Bengio 2010), gates of forgetting open (Jozefowicz et al. 2015). `uniform` is in [0, 1). */
  start(tokens: number, uniform: () => number): void {
    const { units } = this;
    const spread = Math.sqrt(6 / (tokens + units));
    const { values, at } = this.#input;
    for (let i = 0; i < tokens * 4 * units; i++) {
      const isForget = Math.floor(i / units) % 4 === 1;
      values[at + i] = (2 * uniform() - 1) * spread + (isForget ? 1 : 0);
    }
    const inner = Math.sqrt(6 / (2 * units));
    for (let i = 0; i < 4 * units * units; i++) this.#recurrent.values[this.#recurrent.at + i] = (2 * uniform() - 1) * inner;
  }

  /** The first states of the next batch: those of another layer, or 0. */
  begin(from?: { layer: LstmLayer; step: number }): void {
    const length = this.#batch * this.units;
    if (from === undefined) {
      this.cells.fill(0, 0, length);
      this.outputs.fill(0, 0, length);
    } else {
      const at = from.step * length;
      this.cells.set(from.layer.cells.subarray(at, at + length));
      this.outputs.set(from.layer.outputs.subarray(at, at + length));
    }
  }

  /** One step: tokens[t * batch + row] is what comes in. Rows behind those that run get the state 0. */
  forward(t: number, tokens: Uint16Array, running: number): void {
    const { units } = this;
    const batch = this.#batch;
    const rows = upTo(running, ROW_GROUP);
    const before = { values: this.outputs, at: t * batch * units, stride: units };
    const gates = { values: this.#gates, at: t * batch * 4 * units, stride: 4 * units };
    this.#take(tokens, t * batch, rows, gates.at);
    if (rows > 0) {
      this.#space.addProduct(rows, 4 * units, units, before, this.#recurrent, gates);
      const after = (t + 1) * batch * units;
      this.#space.cellForward(
        rows,
        units,
        gates,
        { values: this.cells, at: before.at },
        { values: this.cells, at: after },
        { values: this.#active, at: before.at },
        { values: this.outputs, at: after },
      );
    }
    const from = ((t + 1) * batch + running) * units;
    const to = (t + 2) * batch * units;
    this.cells.fill(0, from, to);
    this.outputs.fill(0, from, to);
  }

  /** Rows of the input weights that the tokens name. */
  #take(tokens: Uint16Array, from: number, rows: number, to: number): void {
    const wide = 4 * this.units;
    const { values, at } = this.#input;
    for (let row = 0; row < rows; row++) {
      const source = at + tokens[from + row] * wide;
      const target = to + row * wide;
      for (let i = 0; i < wide; i++) this.#gates[target + i] = values[source + i];
    }
  }

  /** Before the first `backward` of a batch, once the weights are as they were in `forward`. */
  beginBackward(): void {
    const wide = 4 * this.units;
    const { values, at } = this.#recurrent;
    const to = this.#transposed.values;
    for (let i = 0; i < this.units; i++) for (let j = 0; j < wide; j++) to[j * this.units + i] = values[at + i * wide + j];
  }

  /**
   * The same step backwards, in place of what `forward` left of it: `outGradient` and `cellGradient` hold the gradients behind the step, and then
   * those before it. Adds to the gradients of the weights.
   */
  backward(t: number, tokens: Uint16Array, running: number): void {
    const { units } = this;
    const batch = this.#batch;
    const rows = upTo(running, ROW_GROUP);
    this.outGradient.fill(0, running * units);
    this.cellGradient.fill(0, running * units);
    if (rows === 0) return;
    const before = { values: this.outputs, at: t * batch * units, stride: units };
    const gates = { values: this.#gates, at: t * batch * 4 * units, stride: 4 * units };
    const outGradient = { values: this.outGradient, at: 0, stride: units };
    this.#space.cellBackward(rows, units, gates, { values: this.cells, at: before.at }, { values: this.#active, at: before.at }, outGradient, {
      values: this.cellGradient,
      at: 0,
    });
    this.#space.addTransposedProduct(units, 4 * units, rows, before, gates, this.#recurrentGradient);
    this.outGradient.fill(0, 0, rows * units);
    this.#space.addProduct(rows, units, 4 * units, gates, this.#transposed, outGradient);
    this.#give(tokens, t * batch, running, gates.at);
  }

  #give(tokens: Uint16Array, from: number, rows: number, source: number): void {
    const wide = 4 * this.units;
    const { values, at } = this.#inputGradient;
    for (let row = 0; row < rows; row++) {
      const target = at + tokens[from + row] * wide;
      for (let i = 0; i < wide; i++) values[target + i] += this.#gates[source + row * wide + i];
    }
  }
}
