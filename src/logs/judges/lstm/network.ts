/** An LSTM that reads a window of tokens into one state, and another that gives the window back from it. */
import { Workspace, type Matrix } from '../../../math/kernels.ts';
import { LstmLayer, ROW_GROUP, upTo } from '../../../math/lstm.ts';

/** The first token stands before a session, and closes it. */
export const EDGE = 0;

/** Sizes of a network: `tokens` is a multiple of 8, `units` of 8, `batch` of 4. */
export interface Shape {
  tokens: number;
  units: number;
  steps: number;
  batch: number;
}

/** Windows of tokens: window i is tokens[starts[i] .. starts[i] + lengths[i]). */
export interface Windows {
  tokens: Uint16Array;
  starts: Uint32Array;
  lengths: Uint32Array;
  /** The token that stands before each window: EDGE, or the last of the window before it. */
  before: Uint16Array;
  /** How much each window counts in the loss. */
  weights: Float64Array;
}

/**
 * Encoder-decoder of Sutskever et al. (2014), trained to give back what it read (Srivastava et al. 2015): the encoder reads a window from its end
 * to its beginning, the decoder starts from its state and says at each place how likely each token is, given the one before it.
 */
export class SequenceNetwork {
  readonly shape: Shape;
  /** Encoder, decoder, weights of the output (units * tokens), its bias. */
  readonly weights: Float32Array;
  readonly gradients: Float32Array;
  readonly #space: Workspace;
  readonly #encoder: LstmLayer;
  readonly #decoder: LstmLayer;
  readonly #output: Matrix;
  readonly #outputGradient: Matrix;
  readonly #transposed: Matrix;
  readonly #logits: Float32Array;
  /** By step and row: what the encoder and the decoder read, and what is to be given back. */
  readonly #read: Uint16Array;
  readonly #fed: Uint16Array;
  readonly #wanted: Uint16Array;
  readonly #rowWeights: Float64Array;
  readonly #lengths: Uint32Array;
  #rows = 0;
  #steps = 0;

  constructor(shape: Shape) {
    const { tokens, units, steps, batch } = shape;
    const layer = LstmLayer.weights(tokens, units);
    const count = 2 * layer + units * tokens + tokens;
    this.shape = shape;
    this.#space = new Workspace(2 * count + 2 * LstmLayer.room(units, batch, steps) + units * tokens + steps * batch * tokens);
    this.weights = this.#space.floats(count);
    this.gradients = this.#space.floats(count);
    const make = (at: number) => new LstmLayer(this.#space, tokens, units, batch, steps, { values: this.weights, at }, { values: this.gradients, at });
    this.#encoder = make(0);
    this.#decoder = make(layer);
    this.#output = { values: this.weights, at: 2 * layer, stride: tokens };
    this.#outputGradient = { values: this.gradients, at: 2 * layer, stride: tokens };
    this.#transposed = { values: this.#space.floats(units * tokens), at: 0, stride: units };
    this.#logits = this.#space.floats(steps * batch * tokens);
    this.#read = new Uint16Array(steps * batch);
    this.#fed = new Uint16Array(steps * batch);
    this.#wanted = new Uint16Array(steps * batch);
    this.#rowWeights = new Float64Array(batch);
    this.#lengths = new Uint32Array(batch);
  }

  /** First weights. */
  start(uniform: () => number): void {
    const { tokens, units } = this.shape;
    this.#encoder.start(tokens, uniform);
    this.#decoder.start(tokens, uniform);
    const spread = Math.sqrt(6 / (tokens + units));
    for (let i = 0; i < units * tokens; i++) this.weights[this.#output.at + i] = (2 * uniform() - 1) * spread;
  }

  /** Works out the windows order[from .. to), the longest first, as many as a batch has at most. */
  forward(windows: Windows, order: Uint32Array, from: number, to: number): void {
    this.#put(windows, order, from, to);
    const { tokens, units, batch } = this.shape;
    const steps = this.#steps;
    this.#encoder.begin();
    for (let t = 0; t < steps; t++) this.#encoder.forward(t, this.#read, this.#running(steps - t));
    this.#decoder.begin({ layer: this.#encoder, step: steps });
    for (let t = 0; t < steps; t++) {
      const running = this.#running(t + 1);
      const rows = upTo(running, ROW_GROUP);
      this.#decoder.forward(t, this.#fed, running);
      const at = t * batch * tokens;
      const bias = this.#output.at + units * tokens;
      for (let row = 0; row < rows; row++) this.#logits.set(this.weights.subarray(bias, bias + tokens), at + row * tokens);
      const outputs = { values: this.#decoder.outputs, at: (t + 1) * batch * units, stride: units };
      this.#space.addProduct(rows, tokens, units, outputs, this.#output, { values: this.#logits, at, stride: tokens });
    }
  }

  /** Rows whose window has at least so many tokens. */
  #running(length: number): number {
    let rows = this.#rows;
    while (rows > 0 && this.#lengths[rows - 1] < length) rows--;
    return rows;
  }

  #put(windows: Windows, order: Uint32Array, from: number, to: number): void {
    const { batch } = this.shape;
    this.#rows = to - from;
    this.#steps = windows.lengths[order[from]];
    for (const plane of [this.#read, this.#fed, this.#wanted]) plane.fill(0, 0, this.#steps * batch);
    for (let row = 0; row < this.#rows; row++) {
      const window = order[from + row];
      const start = windows.starts[window];
      const length = windows.lengths[window];
      this.#lengths[row] = length;
      this.#rowWeights[row] = windows.weights[window];
      for (let t = 0; t < length; t++) {
        const token = windows.tokens[start + t];
        this.#wanted[t * batch + row] = token;
        this.#read[(this.#steps - 1 - t) * batch + row] = token;
        this.#fed[t * batch + row] = t === 0 ? windows.before[window] : windows.tokens[start + t - 1];
      }
    }
  }

  /** Cross entropy in nats at each place of a row of the last batch, into out[at ..]. */
  errors(row: number, out: Float64Array, at: number): void {
    const { tokens, batch } = this.shape;
    for (let t = 0; t < this.#lengths[row]; t++) {
      const base = (t * batch + row) * tokens;
      out[at + t] = logSum(this.#logits, base, tokens) - this.#logits[base + this.#wanted[t * batch + row]];
    }
  }

  /** The token that is likeliest at a place of a row of the last batch. */
  likeliest(row: number, t: number): number {
    const { tokens, batch } = this.shape;
    const base = (t * batch + row) * tokens;
    let best = 0;
    for (let k = 1; k < tokens; k++) if (this.#logits[base + k] > this.#logits[base + best]) best = k;
    return best;
  }

  /** Gradients of the weighted mean of the cross entropies of the last batch, in `gradients`; answers that mean. */
  backward(): number {
    const { tokens, units, batch } = this.shape;
    const steps = this.#steps;
    this.gradients.fill(0);
    const loss = this.#lossGradient();
    for (let i = 0; i < units; i++) {
      for (let j = 0; j < tokens; j++) this.#transposed.values[j * units + i] = this.weights[this.#output.at + i * tokens + j];
    }
    const decoder = this.#decoder;
    decoder.beginBackward();
    decoder.outGradient.fill(0);
    decoder.cellGradient.fill(0);
    for (let t = steps - 1; t >= 0; t--) {
      const running = this.#running(t + 1);
      const rows = upTo(running, ROW_GROUP);
      const logits = { values: this.#logits, at: t * batch * tokens, stride: tokens };
      const outputs = { values: decoder.outputs, at: (t + 1) * batch * units, stride: units };
      this.#space.addTransposedProduct(units, tokens, rows, outputs, logits, this.#outputGradient);
      this.#space.addProduct(rows, units, tokens, logits, this.#transposed, { values: decoder.outGradient, at: 0, stride: units });
      decoder.backward(t, this.#fed, running);
    }
    const encoder = this.#encoder;
    encoder.beginBackward();
    encoder.outGradient.set(decoder.outGradient);
    encoder.cellGradient.set(decoder.cellGradient);
    for (let t = steps - 1; t >= 0; t--) encoder.backward(t, this.#read, this.#running(steps - t));
    return loss;
  }

  /** Puts the gradients of the loss in place of the logits. */
  #lossGradient(): number {
    const { tokens, units, batch } = this.shape;
    let weight = 0;
    for (let row = 0; row < this.#rows; row++) weight += this.#rowWeights[row] * this.#lengths[row];
    let loss = 0;
    const bias = this.#output.at + units * tokens;
    for (let t = 0; t < this.#steps; t++) {
      const running = this.#running(t + 1);
      for (let row = 0; row < running; row++) {
        const base = (t * batch + row) * tokens;
        const target = this.#wanted[t * batch + row];
        const share = this.#rowWeights[row] / weight;
        const sum = logSum(this.#logits, base, tokens);
        loss += share * (sum - this.#logits[base + target]);
        for (let k = 0; k < tokens; k++) {
          const gradient = share * (Math.exp(this.#logits[base + k] - sum) - (k === target ? 1 : 0));
          this.#logits[base + k] = gradient;
          this.gradients[bias + k] += gradient;
        }
      }
      const unused = upTo(running, ROW_GROUP);
      this.#logits.fill(0, (t * batch + running) * tokens, (t * batch + unused) * tokens);
    }
    return loss;
  }
}

/** ln of the sum of exp(x[at .. at + n)). */
function logSum(x: Float32Array, at: number, n: number): number {
  let most = x[at];
  for (let k = 1; k < n; k++) most = Math.max(most, x[at + k]);
  let sum = 0;
  for (let k = 0; k < n; k++) sum += Math.exp(x[at + k] - most);
  return most + Math.log(sum);
}
